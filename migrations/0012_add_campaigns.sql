CREATE TABLE `campaign_counts` (
	`campaign_id` text NOT NULL,
	`name` text NOT NULL,
	`n` integer NOT NULL,
	PRIMARY KEY(`campaign_id`, `name`)
);
--> statement-breakpoint
CREATE TABLE `campaigns` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`state` text NOT NULL,
	`sender` text NOT NULL,
	`template` text NOT NULL,
	`declared_category` text,
	`purpose` text,
	`settled_category` text,
	`max_segments` integer,
	`audience` text NOT NULL,
	`scheduled_at` integer,
	`valid_until` integer,
	`sending_window` text,
	`rate_per_second` real,
	`fuse` text NOT NULL,
	`pause_reason` text,
	`copies` integer,
	`cursor` text DEFAULT '' NOT NULL,
	`planned` integer DEFAULT 0 NOT NULL,
	`planned_from` integer DEFAULT 0 NOT NULL,
	`expanded_at` integer,
	`lease` text,
	`lease_until` integer,
	`sweep` text,
	`sweep_cursor` text DEFAULT '' NOT NULL,
	`fuse_from` text,
	`told` integer DEFAULT 0 NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer
);
--> statement-breakpoint
CREATE INDEX `campaigns_live` ON `campaigns` (`state`) WHERE state in ('scheduled', 'running') or sweep is not null;--> statement-breakpoint
ALTER TABLE `messages` ADD `sending_window` text;--> statement-breakpoint
CREATE INDEX `messages_campaign` ON `messages` (`campaign_id`,`id`) WHERE campaign_id is not null;--> statement-breakpoint
CREATE TRIGGER `campaign_message_changed` AFTER UPDATE OF `status` ON `messages`
WHEN NEW.`campaign_id` IS NOT NULL AND NEW.`status` IS NOT OLD.`status`
BEGIN
	UPDATE `campaign_counts` SET `n` = `n` - 1 WHERE `campaign_id` = NEW.`campaign_id` AND `name` = OLD.`status`;
	INSERT INTO `campaign_counts` (`campaign_id`, `name`, `n`) VALUES (NEW.`campaign_id`, NEW.`status`, 1)
		ON CONFLICT (`campaign_id`, `name`) DO UPDATE SET `n` = `n` + 1;
END;
--> statement-breakpoint
CREATE TRIGGER `campaign_opted_out` AFTER INSERT ON `suppressions`
WHEN NEW.`message_id` IS NOT NULL AND EXISTS (SELECT 1 FROM `campaigns`)
BEGIN
	INSERT INTO `campaign_counts` (`campaign_id`, `name`, `n`)
		SELECT m.`campaign_id`, 'opted_out', 1 FROM (SELECT l.`campaign_id`, l.`sent_at` FROM `messages` l
			WHERE l.`conversation_id` = (SELECT `conversation_id` FROM `messages` WHERE `id` = NEW.`message_id`)
				AND l.`direction` = 'outbound' AND l.`id` <= NEW.`message_id` AND l.`sent_at` IS NOT NULL
			ORDER BY l.`id` DESC LIMIT 1) m
		WHERE m.`campaign_id` IS NOT NULL AND m.`sent_at` > NEW.`created_at` - 604800000
		ON CONFLICT (`campaign_id`, `name`) DO UPDATE SET `n` = `n` + 1;
END;
