/** Ends a conversation. */
export const endConversation = "UPDATE conversations SET outcome = @outcome WHERE id = @id";
