/** Records one answer to an approval; a rejection sticks. */
export const resolveApproval = `
UPDATE approvals SET decision = CASE decision WHEN 'rejected' THEN 'rejected' ELSE @decision END,
  resolutions = json_insert(resolutions, '$[#]', json(@resolution))
WHERE id = @id
`;
