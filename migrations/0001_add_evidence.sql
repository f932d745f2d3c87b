CREATE TABLE `activations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`rulebook` text NOT NULL,
	`at` integer NOT NULL,
	`by` text NOT NULL,
	`way` text NOT NULL,
	`proposal_id` text,
	`note` text
);
--> statement-breakpoint
CREATE INDEX `activations_rulebook` ON `activations` (`rulebook`);--> statement-breakpoint
CREATE TABLE `audit_details` (
	`id` text PRIMARY KEY NOT NULL,
	`person` text,
	`details` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_details_person` ON `audit_details` (`person`);--> statement-breakpoint
CREATE TABLE `audit_log` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`digest` text NOT NULL,
	`hash` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `audit_log_id_unique` ON `audit_log` (`id`);--> statement-breakpoint
CREATE INDEX `audit_log_subject` ON `audit_log` (`subject`);--> statement-breakpoint
CREATE INDEX `audit_log_unsealed` ON `audit_log` (`seq`) WHERE hash is null;--> statement-breakpoint
CREATE TABLE `overrides` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`subject_id` text NOT NULL,
	`reason` text NOT NULL,
	`evidence` text NOT NULL,
	`state` text NOT NULL,
	`requested_by` text NOT NULL,
	`requested_at` integer NOT NULL,
	`decided_by` text,
	`decided_at` integer,
	`decision_note` text
);
--> statement-breakpoint
CREATE INDEX `overrides_subject` ON `overrides` (`subject_id`);--> statement-breakpoint
CREATE TABLE `proposals` (
	`id` text PRIMARY KEY NOT NULL,
	`rulebook` text NOT NULL,
	`base` text,
	`note` text NOT NULL,
	`state` text NOT NULL,
	`proposed_by` text NOT NULL,
	`proposed_at` integer NOT NULL,
	`decided_by` text,
	`decided_at` integer,
	`decision_note` text,
	`simulation` text
);
--> statement-breakpoint
CREATE INDEX `proposals_rulebook` ON `proposals` (`rulebook`);--> statement-breakpoint
CREATE TABLE `reviews` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`person` text NOT NULL,
	`sender` text,
	`message_id` text NOT NULL,
	`rule` text,
	`words` text,
	`created_at` integer NOT NULL,
	`settled_at` integer,
	`settled_by` text,
	`settlement` text,
	`note` text
);
--> statement-breakpoint
CREATE INDEX `reviews_open` ON `reviews` (`person`) WHERE settled_at is null;--> statement-breakpoint
CREATE INDEX `reviews_person` ON `reviews` (`person`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `reviews_message` ON `reviews` (`message_id`,`kind`);--> statement-breakpoint
CREATE TRIGGER `audit_log_is_append_only` BEFORE UPDATE ON `audit_log`
WHEN OLD.`hash` IS NOT NULL OR NEW.`hash` IS NULL OR NEW.`seq` IS NOT OLD.`seq` OR NEW.`id` IS NOT OLD.`id` OR NEW.`at` IS NOT OLD.`at` OR NEW.`actor` IS NOT OLD.`actor` OR NEW.`action` IS NOT OLD.`action` OR NEW.`subject` IS NOT OLD.`subject` OR NEW.`digest` IS NOT OLD.`digest`
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_log_keeps_all` BEFORE DELETE ON `audit_log`
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
