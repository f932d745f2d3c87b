/** An account with a Kannel that nobody called: a real carrier, whose secrets are easy to look for. */
export const KANNEL = {
  url: "http://127.0.0.1:13013/cgi-bin/sendsms",
  username: "parley",
  password: "very-secret-password",
  webhook_secret: "very-secret-webhook-key",
};
