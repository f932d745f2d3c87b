CREATE TABLE `canned_replies` (
	`id` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`language` text NOT NULL,
	`text` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `canned_replies_title` ON `canned_replies` (`language`,`title`);--> statement-breakpoint
CREATE TABLE `desk` (
	`conversation_id` text PRIMARY KEY NOT NULL,
	`assigned_to` text,
	`read_at` integer,
	`changed` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `desk_assigned` ON `desk` (`assigned_to`) WHERE assigned_to is not null;--> statement-breakpoint
CREATE UNIQUE INDEX `desk_changed` ON `desk` (`changed`);--> statement-breakpoint
CREATE TABLE `notes` (
	`id` text PRIMARY KEY NOT NULL,
	`conversation_id` text NOT NULL,
	`text` text NOT NULL,
	`author` text NOT NULL,
	`author_name` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `notes_conversation` ON `notes` (`conversation_id`,`id`);--> statement-breakpoint
CREATE TABLE `searchable` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`message_id` text NOT NULL,
	`conversation_id` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `searchable_message_id_unique` ON `searchable` (`message_id`);--> statement-breakpoint
CREATE VIRTUAL TABLE `message_words` USING fts5(`text`, tokenize='unicode61 remove_diacritics 2');--> statement-breakpoint
INSERT INTO `message_words` (`message_words`, `rank`) VALUES ('secure-delete', 1);
