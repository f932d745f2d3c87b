DROP INDEX `messages_undecided`;--> statement-breakpoint
CREATE INDEX `messages_undecided` ON `messages` (`created_at`) WHERE status = 'held' and due_at is null and hold_reason is not 'paused';--> statement-breakpoint
DROP TRIGGER `campaign_opted_out`;
--> statement-breakpoint
CREATE TRIGGER `campaign_opted_out` AFTER INSERT ON `suppressions`
WHEN NEW.`message_id` IS NOT NULL AND EXISTS (SELECT 1 FROM `campaigns`)
BEGIN
	INSERT INTO `campaign_counts` (`campaign_id`, `name`, `n`)
		SELECT m.`campaign_id`, 'opted_out', 1 FROM (SELECT l.`campaign_id`, l.`sent_at` FROM `messages` l
			WHERE l.`conversation_id` = (SELECT `conversation_id` FROM `messages` WHERE `id` = NEW.`message_id`)
				AND l.`direction` = 'outbound' AND l.`id` <= NEW.`message_id` AND l.`sent_at` IS NOT NULL
			ORDER BY l.`id` DESC LIMIT 1) m
		WHERE m.`campaign_id` IS NOT NULL AND m.`sent_at` > NEW.`created_at` - 604800000
			AND NOT EXISTS (SELECT 1 FROM `suppressions` s WHERE s.`recipient` = NEW.`recipient` AND s.`id` != NEW.`id`
				AND s.`message_id` IS NOT NULL AND s.`created_at` >= m.`sent_at`)
		ON CONFLICT (`campaign_id`, `name`) DO UPDATE SET `n` = `n` + 1;
END;
