CREATE TABLE `barrier_totals` (
	`hour` integer NOT NULL,
	`ms` integer NOT NULL,
	`n` integer NOT NULL,
	PRIMARY KEY(`hour`, `ms`)
);
--> statement-breakpoint
CREATE TABLE `counted_messages` (
	`id` text PRIMARY KEY NOT NULL,
	`bucket` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `counting` (
	`id` integer PRIMARY KEY NOT NULL,
	`messages` integer NOT NULL,
	`message_id` text NOT NULL,
	`events` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `hourly_totals` (
	`id` integer PRIMARY KEY NOT NULL,
	`hour` integer NOT NULL,
	`direction` text NOT NULL,
	`carrier_id` text NOT NULL,
	`country` text NOT NULL,
	`status` text NOT NULL,
	`reason` text NOT NULL,
	`n` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `hourly_totals_key` ON `hourly_totals` (`hour`,`direction`,`carrier_id`,`country`,`status`,`reason`);