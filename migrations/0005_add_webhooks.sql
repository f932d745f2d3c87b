CREATE TABLE `webhook_attempts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`delivery` integer NOT NULL,
	`at` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`http_status` integer,
	`error` text,
	`answer` text
);
--> statement-breakpoint
CREATE INDEX `webhook_attempts_delivery` ON `webhook_attempts` (`delivery`);--> statement-breakpoint
CREATE TABLE `webhook_deliveries` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`endpoint_id` text NOT NULL,
	`event_seq` integer NOT NULL,
	`status` text NOT NULL,
	`thread` text,
	`due_at` integer,
	`lease` text,
	`lease_until` integer,
	`tries` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`finished_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `webhook_deliveries_once` ON `webhook_deliveries` (`endpoint_id`,`event_seq`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_due` ON `webhook_deliveries` (`endpoint_id`,`due_at`) WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX `webhook_deliveries_leased` ON `webhook_deliveries` (`lease_until`) WHERE status = 'sending';--> statement-breakpoint
CREATE INDEX `webhook_deliveries_failed` ON `webhook_deliveries` (`endpoint_id`,`event_seq`) WHERE status = 'failed';--> statement-breakpoint
CREATE INDEX `webhook_deliveries_thread` ON `webhook_deliveries` (`endpoint_id`,`thread`,`event_seq`) WHERE thread is not null and finished_at is null;--> statement-breakpoint
CREATE TABLE `webhook_endpoints` (
	`id` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`description` text,
	`events` text NOT NULL,
	`ordered` integer NOT NULL,
	`secrets` text NOT NULL,
	`state` text NOT NULL,
	`disabled_at` integer,
	`disabled_reason` text,
	`failing_since` integer,
	`warned_at` integer,
	`quiet_until` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `webhook_events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`nonce` text DEFAULT (lower(hex(randomblob(8)))) NOT NULL,
	`type` text NOT NULL,
	`subject` text NOT NULL,
	`thread` text,
	`at` integer
);
--> statement-breakpoint
CREATE INDEX `webhook_events_at` ON `webhook_events` (`at`);--> statement-breakpoint
CREATE TRIGGER `webhook_message_changed` AFTER UPDATE OF `status` ON `messages`
WHEN NEW.`status` IS NOT OLD.`status` AND NEW.`status` NOT IN ('queued', 'sending') AND EXISTS (SELECT 1 FROM `webhook_endpoints`)
BEGIN
	INSERT INTO `webhook_events` (`type`, `subject`, `thread`) VALUES ('message.' || NEW.`status`, NEW.`id`, NEW.`conversation_id`);
END;
--> statement-breakpoint
CREATE TRIGGER `webhook_suppression_created` AFTER INSERT ON `suppressions`
WHEN EXISTS (SELECT 1 FROM `webhook_endpoints`)
BEGIN
	INSERT INTO `webhook_events` (`type`, `subject`, `thread`) VALUES ('suppression.created', NEW.`id`, (SELECT `conversation_id` FROM `messages` WHERE `id` = NEW.`message_id`));
END;
--> statement-breakpoint
CREATE TRIGGER `webhook_suppression_lifted` AFTER UPDATE OF `lifted_at` ON `suppressions`
WHEN OLD.`lifted_at` IS NULL AND NEW.`lifted_at` IS NOT NULL AND EXISTS (SELECT 1 FROM `webhook_endpoints`)
BEGIN
	INSERT INTO `webhook_events` (`type`, `subject`, `thread`) VALUES ('suppression.lifted', NEW.`id`, (SELECT `conversation_id` FROM `messages` WHERE `id` = NEW.`lifted_by`));
END;
--> statement-breakpoint
CREATE TRIGGER `webhook_review_opened` AFTER INSERT ON `reviews`
WHEN EXISTS (SELECT 1 FROM `webhook_endpoints`)
BEGIN
	INSERT INTO `webhook_events` (`type`, `subject`, `thread`) VALUES ('review.opened', NEW.`id`, (SELECT `conversation_id` FROM `messages` WHERE `id` = NEW.`message_id`));
END;
