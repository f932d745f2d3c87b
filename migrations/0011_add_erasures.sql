CREATE TABLE `erasures` (
	`id` text PRIMARY KEY NOT NULL,
	`person` text,
	`state` text NOT NULL,
	`requested_by` text NOT NULL,
	`reason` text NOT NULL,
	`actor` text NOT NULL,
	`created_at` integer NOT NULL,
	`settles_at` integer NOT NULL,
	`finished_at` integer,
	`lease_until` integer DEFAULT 0 NOT NULL,
	`messages` integer DEFAULT 0 NOT NULL,
	`conversations` integer DEFAULT 0 NOT NULL,
	`contacts` integer DEFAULT 0 NOT NULL,
	`reviews` integer DEFAULT 0 NOT NULL,
	`audit_details` integer DEFAULT 0 NOT NULL,
	`suppressions` integer DEFAULT 0 NOT NULL,
	`consents` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `erasures_person` ON `erasures` (`person`) WHERE person is not null;--> statement-breakpoint
CREATE INDEX `erasures_running` ON `erasures` (`lease_until`) WHERE state = 'running';--> statement-breakpoint
CREATE INDEX `webhook_events_subject` ON `webhook_events` (`subject`);