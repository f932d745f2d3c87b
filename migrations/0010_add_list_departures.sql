CREATE TABLE `list_departures` (
	`list_id` text NOT NULL,
	`person` text NOT NULL,
	`message_id` text NOT NULL,
	`left_at` integer NOT NULL,
	PRIMARY KEY(`list_id`, `person`),
	FOREIGN KEY (`list_id`) REFERENCES `contact_lists`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `list_departures_person` ON `list_departures` (`person`);