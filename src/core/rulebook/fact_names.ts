/**
 * The facts that rules may ask about, each computed at most once and only when a rule asks. Names and meanings are listed in
 * `OUTBOUND_FACTS` and `INBOUND_FACTS`; `rules/README.md` is tested to tell all of them.
 */

export const OUTBOUND_FACTS = {
  classify: {
    to_country: "ISO 3166 code of the recipient's country, or `unknown`",
    to_region: "State or province of the recipient's area code (`FL`), or `unknown`",
    declared_category: "`commercial`, `informative`, or `none` when the caller declared nothing",
    reply_kind:
      "`none`, or which of the gateway's own answers this is: `opt_out_confirmation`, `opt_in_confirmation`, `opt_in_request`, `help`, or `flow`",
    copies: "How many messages of the batch it came in have this very text; 1 for a message sent by itself",
    content_category: "What the words say: `commercial`, `informative` or `unclear`",
    content_score: "Points of the signals and learned words found; positive is advertising",
    conversation_minutes:
      "Minutes since the person last wrote an ordinary message to this sender; a huge number when never, or when they asked for something since",
    settled_category:
      "What a person on the staff settled about this very message (`commercial`, `informative`), or `none`",
    suppression: "`none`, `commercial` (no advertising) or `all` (nothing from this sender)",
    sender: "The sender: `$.address`, `$.kind`, `$.country`, `$.countries`, `$.stop_number`, `$.brand`",
    sender_kind: "`short_code`, `long_code`, `toll_free` or `alphanumeric`",
    sender_serves_country: "True when the sender may be used for the recipient's country",
    country: "The recipient's country file, for example `$.consent.commercial`",
  },
  permit: {
    category: "`commercial` or `informative`, as the classify stage settled it",
    purpose: "What the person must have agreed to: `commercial`, `partner:NAME` or `informative:TYPE`",
    purpose_kind: "`own`, `partner` or `informative`: which kind of purpose that is",
    consent:
      "`granted`, `withdrawn`, `expired`, `disputed` or `none`, for the purpose of the message; `expired` also where the country's file says so",
    consent_soft:
      "True when the consent is the soft opt-in of an own customer (`customer_relationship`), who never said yes",
    minutes_since_opt_in_request:
      "Minutes since this sender last asked the person to confirm a consent; a huge number when never",
    opt_in_request_pause: "Minutes for which it asks no second time (`double_opt_in` of the deployment)",
    open_review:
      "True while a review about the person is open: a reply that may be an opt-out, a complaint, a wrong number",
    advertising_count:
      "Advertisements, from all senders together, sent or planned within one period of the cap that leaves least room",
    advertising_limit: "The cap itself",
    commercial_last_24_hours:
      "Advertisements from all senders that left, or are to leave, in the 24 hours before this message would",
    commercial_last_7_days: "The same in 7 days",
    commercial_last_30_days: "The same in 30 days",
    days_since_last_commercial:
      "Days since the last advertisement before this message would leave; a huge number when there was none in 45 days",
    days_since_last_inbound: "Days since the person last wrote anything, to any sender; a huge number when never",
    mention: "`absent`, `present`, `wrong_number`, or `impossible` when the sender leaves no way to say STOP",
    facts_available: "False when what is known about the person could not be read",
    zones_known: "False when nobody can say in which time zone the recipient may be",
  },
  compose: {},
  release: {
    segments: "Segments of the finished text",
    over_budget: "True when the finished text needs more segments than the caller allows",
    scheduled: "True when the caller asked for a later instant",
    scheduled_at: "That instant",
    quiet:
      "True when advertising is not allowed at the moment the message would leave, in any zone the person may be in",
    quiet_until: "First instant at which it is allowed everywhere",
    outside_window:
      "True when its campaign has sending hours and it would leave outside of them, in any zone the person may be in",
    window_until: "First instant at which it is within them",
    retry_at: "A quarter of an hour from now",
  },
} as const;

export const INBOUND_FACTS = {
  understand: {
    keyword_intent: "Intent of the keyword found (`opt_out`, `opt_in`, `help`), or `none`",
    keyword_tier: "`T1` the whole text is the keyword, `T2` keyword and a short tail, or `none`",
    guard: "True when a guard pattern shows that the word does not mean what it says",
    offered:
      "True when the text is, perhaps mistyped, the word that one of our last messages in the thread offered to leave with",
    typing_error: "True when the text is an opt-out word with a typing error, and no word that exists",
    reported:
      "True when words that ask to leave stand in a quotation beside other words: somebody else's, so that they are no sign",
    signs:
      "What the phrases in it show, as a list: `opt_out`, `opt_in`, `help`, `wrong_number`, `never_signed_up`, `complaint`, `insult`, `health`, `voice_opt_out`, `prefers_texts`, `says_again`, `doubt`, `automatic`",
    text_kind:
      "`words`; `quote` (a phone's reaction or our own words, nothing else), `numbers` (figures or a code) or `automatic` (an auto-reply)",
    carrier_intent: "What the carrier recognised by itself, or `none`",
    keyword_conditional: "True for a keyword that is an ordinary answer otherwise (YES, JA, OUI)",
    opted_out: "True while a suppression stands for this person and sender",
    flow: "Id of the flow whose word the text is, for the sender it was written to, or `none`",
    flows_closed: "Ids of the flows for this sender outside whose hours it is now, as a list",
    flows_answered: "Ids of the flows that have answered this person within their `every_hours`, as a list",
    asked:
      "True while a question of ours (double opt-in) waits for the person's answer, and is the last thing that this sender said but for automatic answers",
    says_yes: "True when the text is a yes in whatever language (YES, OUI, JA, SI), perhaps with politeness",
    may_return: "True while only suppressions stand that a word of the person may lift, not those that staff entered",
    resubscription_offered:
      "True when our last confirmation of an opt-out offered the very word that the person now wrote",
    from_country: "ISO 3166 code of the writer's country, or `unknown`",
    from_kind: "`msisdn`, or `machine` for short codes and names",
    country: "The writer's country file",
  },
  respond: {
    intent: "The intent, as the understand stage settled it",
    stop_reply: "Who answers keywords here: `gateway` or `provider`",
    minutes_since_opt_out_confirmation: "Minutes since our last confirmation of an opt-out; a huge number when never",
    minutes_since_opt_in_confirmation: "The same for confirmations of a return",
    minutes_since_help: "The same for help answers",
    automatic_replies_24h: "Our automatic answers in this thread in the last 24 hours",
    consent_before_opt_out: "True when advertising was consented to before the latest opt-out withdrew it",
  },
} as const;
