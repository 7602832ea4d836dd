/** Opens a conversation. */
export const insertConversation = `
INSERT INTO conversations (id, cycle, task, kind, agent, model, seq) VALUES (@id, @cycle, @task, @kind, @agent, @model, @seq)
ON CONFLICT DO NOTHING
`;
