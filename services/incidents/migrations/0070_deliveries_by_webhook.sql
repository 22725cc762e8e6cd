-- What a webhook was told last is found by its index; an ordinary notice is not in it.
CREATE INDEX notice_by_webhook ON notice (recipient, place) WHERE channel = 'webhook';
