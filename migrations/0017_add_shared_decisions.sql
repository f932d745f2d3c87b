CREATE TABLE `shared_decisions` (
	`id` text PRIMARY KEY NOT NULL,
	`decision` text NOT NULL
);
