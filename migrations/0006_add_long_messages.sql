CREATE TABLE `long_messages` (
	`id` text PRIMARY KEY NOT NULL,
	`carrier_id` text NOT NULL,
	`person` text NOT NULL,
	`sender` text NOT NULL,
	`reference` text NOT NULL,
	`total` integer NOT NULL,
	`created_at` integer NOT NULL,
	`due_at` integer,
	`closed_at` integer,
	`opt_out_scope` text
);
--> statement-breakpoint
CREATE INDEX `long_messages_key` ON `long_messages` (`person`,`sender`,`reference`);--> statement-breakpoint
CREATE INDEX `long_messages_due` ON `long_messages` (`due_at`) WHERE due_at is not null;--> statement-breakpoint
CREATE TABLE `message_parts` (
	`id` text PRIMARY KEY NOT NULL,
	`long_message_id` text NOT NULL,
	`number` integer NOT NULL,
	`carrier_id` text NOT NULL,
	`carrier_message_id` text,
	`text` text NOT NULL,
	`media` text,
	`carrier_intent` text,
	`already_answered` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `message_parts_once` ON `message_parts` (`long_message_id`,`number`);--> statement-breakpoint
CREATE UNIQUE INDEX `message_parts_carrier` ON `message_parts` (`carrier_id`,`carrier_message_id`,`number`) WHERE carrier_message_id is not null;