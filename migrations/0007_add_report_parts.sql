CREATE TABLE `parked_reports` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`carrier_id` text NOT NULL,
	`carrier_message_id` text NOT NULL,
	`key` text,
	`report` text NOT NULL,
	`received_at` integer NOT NULL,
	`next_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `parked_reports_next` ON `parked_reports` (`next_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `parked_reports_once` ON `parked_reports` (`carrier_id`,`carrier_message_id`,`report`);--> statement-breakpoint
CREATE TABLE `report_parts` (
	`message_id` text NOT NULL,
	`part` text NOT NULL,
	`status` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`message_id`, `part`)
);
--> statement-breakpoint
CREATE INDEX `report_parts_at` ON `report_parts` (`at`);--> statement-breakpoint
ALTER TABLE `messages` ADD `carrier_message_key` text;--> statement-breakpoint
CREATE INDEX `messages_carrier_key` ON `messages` (`carrier_id`,`carrier_message_key`) WHERE carrier_message_key is not null;