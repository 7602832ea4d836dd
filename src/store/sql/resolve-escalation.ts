/** Resolves an escalation. */
export const resolveEscalation = `UPDATE escalations SET action = @action, resolved_by = @by, resolution = @reason, agent = @agent WHERE id = @id`;
