/** Keeps who approved a plan's hash. */
export const putPlanApproval = `
INSERT INTO plan_approvals (plan_hash, plan_id, path, os_user, git_email, via, hlc)
VALUES (@plan_hash, @plan_id, @path, @os_user, @git_email, @via, @hlc)
ON CONFLICT (plan_hash) DO UPDATE SET plan_id = excluded.plan_id, path = excluded.path, os_user = excluded.os_user,
  git_email = excluded.git_email, via = excluded.via, hlc = excluded.hlc
`;
