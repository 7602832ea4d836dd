/** Sets the status of a phase. */
export const putPhase = `
INSERT INTO phases (cycle, phase, status, hlc) VALUES (@cycle, @phase, @status, @hlc)
ON CONFLICT (cycle, phase) DO UPDATE SET status = excluded.status, hlc = excluded.hlc
`;
