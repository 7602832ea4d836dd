/** Marks the record of an agent terminated. */
export const terminateWorknode = `UPDATE worknodes SET record = json_set(record, '$.status', 'TERMINATED'), seq = @seq WHERE id = @id`;
