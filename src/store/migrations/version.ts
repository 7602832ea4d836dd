/** Marks a file as ours (`PRAGMA application_id`): "wknd". */
export const APPLICATION_ID = 0x776b6e64;

/** Version of the newest schema: the number of migrations. Apart from them, as who only reads needs no more. */
export const SCHEMA_VERSION = 6;
