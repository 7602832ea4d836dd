/** Adds an agent's capability for a task; a renewed one replaces the old. */
export const putAgent = `
INSERT INTO agents (cycle, agent, task, role, tier, model, parent, status, token_hash, capability, depth, spawned_hlc)
VALUES (@cycle, @agent, @task, @role, @tier, @model, @parent, @status, @token_hash, @capability, @depth, @hlc)
ON CONFLICT (cycle, agent, task) DO UPDATE SET role = excluded.role, tier = excluded.tier, model = excluded.model,
  parent = excluded.parent, status = excluded.status, token_hash = excluded.token_hash, capability = excluded.capability,
  depth = excluded.depth, spawned_hlc = excluded.spawned_hlc, terminated_hlc = NULL, reason = NULL
`;
