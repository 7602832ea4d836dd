/** Changes when another connection has committed; free of any table. */
export const readDataVersion = "PRAGMA data_version";
