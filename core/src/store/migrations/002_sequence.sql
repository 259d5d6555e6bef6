-- Seconds do not tell which of two requests came first. Requests of the first release have no number: they come last, by time.
ALTER TABLE requests ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
