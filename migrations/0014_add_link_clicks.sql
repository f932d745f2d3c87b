CREATE TABLE `link_clicks` (
	`message_id` text NOT NULL,
	`link` integer NOT NULL,
	`clicks` integer NOT NULL,
	`first_at` integer NOT NULL,
	PRIMARY KEY(`message_id`, `link`),
	FOREIGN KEY (`message_id`) REFERENCES `messages`(`id`) ON UPDATE no action ON DELETE cascade
);
