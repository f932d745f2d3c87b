DROP INDEX `messages_queued`;--> statement-breakpoint
ALTER TABLE `messages` ADD `maybe_taken` integer;--> statement-breakpoint
CREATE INDEX `messages_undecided` ON `messages` (`created_at`) WHERE status = 'held' and due_at is null;--> statement-breakpoint
CREATE INDEX `messages_valid` ON `messages` (`valid_until`) WHERE (status = 'queued' or status = 'held') and valid_until is not null;--> statement-breakpoint
CREATE INDEX `messages_queued` ON `messages` (`sender`,`carrier_id`,`priority`,`due_at`) WHERE status = 'queued';--> statement-breakpoint
ALTER TABLE `carriers` ADD `rate_per_second` real;--> statement-breakpoint
ALTER TABLE `carriers` ADD `next_at` real DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `carriers` ADD `failures` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `carriers` ADD `opened_at` integer;--> statement-breakpoint
ALTER TABLE `carriers` ADD `probe_at` integer;--> statement-breakpoint
ALTER TABLE `carriers` ADD `throttles` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `carriers` ADD `paused_until` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `senders` ADD `routes` text DEFAULT '[]' NOT NULL;