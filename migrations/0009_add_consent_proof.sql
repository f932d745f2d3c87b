ALTER TABLE `consents` ADD `wording_version` text;--> statement-breakpoint
ALTER TABLE `consents` ADD `wording_language` text;--> statement-breakpoint
ALTER TABLE `consents` ADD `evidence_ref` text;--> statement-breakpoint
ALTER TABLE `consents` ADD `recorded_by` text;--> statement-breakpoint
ALTER TABLE `consents` ADD `sender` text;--> statement-breakpoint
ALTER TABLE `consents` ADD `confirm_until` integer;--> statement-breakpoint
ALTER TABLE `consents` ADD `confirms` text;--> statement-breakpoint
ALTER TABLE `messages` ADD `purpose` text;