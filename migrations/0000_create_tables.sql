CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash_unique` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE TABLE `carriers` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`config` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `consents` (
	`id` text PRIMARY KEY NOT NULL,
	`recipient` text NOT NULL,
	`purpose` text NOT NULL,
	`status` text NOT NULL,
	`source` text NOT NULL,
	`wording` text,
	`granted_at` integer NOT NULL,
	`expires_at` integer,
	`evidence` text,
	`message_id` text,
	`rule` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `consents_recipient` ON `consents` (`recipient`,`purpose`,`id`);--> statement-breakpoint
CREATE TABLE `contacts` (
	`id` text PRIMARY KEY NOT NULL,
	`msisdn` text NOT NULL,
	`name` text,
	`language` text,
	`time_zone` text,
	`fields` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `contacts_msisdn_unique` ON `contacts` (`msisdn`);--> statement-breakpoint
CREATE TABLE `conversations` (
	`id` text PRIMARY KEY NOT NULL,
	`person` text NOT NULL,
	`sender` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_message_at` integer NOT NULL,
	`last_inbound_at` integer,
	`last_chat_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_person_sender` ON `conversations` (`person`,`sender`);--> statement-breakpoint
CREATE INDEX `conversations_newest` ON `conversations` (`last_message_at`);--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`api_key_id` text NOT NULL,
	`key` text NOT NULL,
	`body_hash` text NOT NULL,
	`message_id` text NOT NULL,
	`status` integer NOT NULL,
	`body` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`api_key_id`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_message` ON `idempotency_keys` (`message_id`);--> statement-breakpoint
CREATE TABLE `message_events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`message_id` text NOT NULL,
	`at` integer NOT NULL,
	`status` text NOT NULL,
	`detail` text
);
--> statement-breakpoint
CREATE INDEX `message_events_message` ON `message_events` (`message_id`);--> statement-breakpoint
CREATE TABLE `messages` (
	`id` text PRIMARY KEY NOT NULL,
	`direction` text NOT NULL,
	`status` text NOT NULL,
	`person` text NOT NULL,
	`sender` text NOT NULL,
	`text` text NOT NULL,
	`submitted_text` text,
	`category` text,
	`declared_category` text,
	`encoding` text NOT NULL,
	`segments` integer NOT NULL,
	`max_segments` integer,
	`priority` integer NOT NULL,
	`due_at` integer,
	`hold_until` integer,
	`hold_reason` text,
	`scheduled_at` integer,
	`valid_until` integer,
	`allowed_until` integer,
	`lease` text,
	`lease_until` integer,
	`attempts` integer NOT NULL,
	`carrier_id` text,
	`carrier_message_id` text,
	`conversation_id` text NOT NULL,
	`campaign_id` text,
	`reply_kind` text,
	`cause_id` text,
	`unsubscribe_token` text,
	`metadata` text,
	`error_code` text,
	`error_detail` text,
	`created_at` integer NOT NULL,
	`sent_at` integer,
	`delivered_at` integer,
	`decision` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `messages_conversation` ON `messages` (`conversation_id`,`id`);--> statement-breakpoint
CREATE INDEX `messages_queued` ON `messages` (`sender`,`priority`,`due_at`) WHERE status = 'queued';--> statement-breakpoint
CREATE INDEX `messages_held` ON `messages` (`due_at`) WHERE status = 'held';--> statement-breakpoint
CREATE INDEX `messages_scheduled` ON `messages` (`conversation_id`,`id`) WHERE scheduled_at is not null;--> statement-breakpoint
CREATE INDEX `messages_leased` ON `messages` (`lease`,`lease_until`) WHERE status = 'sending';--> statement-breakpoint
CREATE INDEX `messages_rare` ON `messages` (`status`,`id`) WHERE status = 'undelivered' or status = 'failed' or status = 'expired' or status = 'canceled' or status = 'refused' or status = 'unknown';--> statement-breakpoint
CREATE INDEX `messages_replies` ON `messages` (`person`,`created_at`) WHERE reply_kind is not null;--> statement-breakpoint
CREATE UNIQUE INDEX `messages_inbound_once` ON `messages` (`carrier_id`,`carrier_message_id`) WHERE direction = 'inbound' and carrier_message_id is not null;--> statement-breakpoint
CREATE INDEX `messages_carrier_id` ON `messages` (`carrier_id`,`carrier_message_id`) WHERE direction = 'outbound' and carrier_message_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX `messages_unsubscribe` ON `messages` (`unsubscribe_token`) WHERE unsubscribe_token is not null;--> statement-breakpoint
CREATE TABLE `rulebooks` (
	`hash` text PRIMARY KEY NOT NULL,
	`sources` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `senders` (
	`address` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`country` text,
	`countries` text NOT NULL,
	`carrier_id` text NOT NULL,
	`stop_number` text,
	`brand` text,
	`rate_per_second` real NOT NULL,
	`next_at` real DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `settings` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `suppressions` (
	`id` text PRIMARY KEY NOT NULL,
	`recipient` text NOT NULL,
	`scope` text NOT NULL,
	`sender` text DEFAULT '' NOT NULL,
	`source` text NOT NULL,
	`rule` text,
	`message_id` text,
	`text` text,
	`note` text,
	`created_at` integer NOT NULL,
	`lifted_at` integer,
	`lifted_by` text,
	`lift_reason` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `suppressions_active` ON `suppressions` (`recipient`,`scope`,`sender`) WHERE lifted_at is null;--> statement-breakpoint
CREATE INDEX `suppressions_recipient` ON `suppressions` (`recipient`,`id`);