ALTER TABLE `messages` ADD `repeats` text;--> statement-breakpoint
ALTER TABLE `messages` ADD `incomplete` integer;