import { z } from "zod";

/** A person as the machine names them: claimed, not proven. */
export const claimedWho = z.object({ os_user: z.string(), git_email: z.string().nullable() });
