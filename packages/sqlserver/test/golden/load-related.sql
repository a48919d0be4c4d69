CREATE TABLE #_millrace_raw ([seq] INT NOT NULL, [f0] INT NULL, [f1] NVARCHAR(100) NULL, [f2] NVARCHAR(200) NULL, [f3] NVARCHAR(27) NULL, [f4] FLOAT NULL, [f5] NVARCHAR(41) NULL, [f6] NVARCHAR(20) NULL, [f7] NVARCHAR(MAX) NULL);

CREATE TABLE #_millrace_rows ([seq] INT NOT NULL, [f0] INT NULL, [f1] NVARCHAR(100) NULL, [f2] NVARCHAR(200) NULL, [f3] DATETIME2(3) NULL, [f4] FLOAT NULL, [f5] DECIMAL(38,10) NULL, [f6] BIGINT NULL, [f7] NVARCHAR(MAX) NULL, [id0] BIGINT NULL, [id1] BIGINT NULL);

DELETE FROM #_millrace_rows;

INSERT INTO #_millrace_rows ([seq], [f0], [f1], [f2], [f3], [f4], [f5], [f6], [f7])
SELECT [seq], [f0], [f1], [f2], CAST([f3] AS DATETIME2(3)), [f4], CAST([f5] AS DECIMAL(38,10)), CAST([f6] AS BIGINT), [f7] FROM #_millrace_raw;

INSERT INTO [dbo].[botanist] ([name])
SELECT x.[c0] FROM (
  SELECT s.[seq], s.[f2] AS [c0], ROW_NUMBER() OVER (PARTITION BY s.[f2] ORDER BY s.[seq] DESC) AS [nth]
  FROM #_millrace_rows AS s WHERE s.[f2] IS NOT NULL
) AS x
WHERE x.[nth] = 1 AND NOT EXISTS (SELECT 1 FROM [dbo].[botanist] AS t WITH (UPDLOCK, HOLDLOCK) WHERE t.[name] = x.[c0]) ORDER BY x.[seq];

UPDATE s SET [id0] = t.[botanist_id]
FROM #_millrace_rows AS s INNER JOIN [dbo].[botanist] AS t ON t.[name] = s.[f2];

UPDATE t SET [name] = x.[c1], [note] = x.[c2], [botanist_id] = x.[c3]
FROM [dbo].[plant] AS t WITH (UPDLOCK, HOLDLOCK) INNER JOIN (
  SELECT s.[seq], s.[f0] AS [c0], s.[f1] AS [c1], s.[f7] AS [c2], s.[id0] AS [c3], ROW_NUMBER() OVER (PARTITION BY s.[f0] ORDER BY s.[seq] DESC) AS [nth]
  FROM #_millrace_rows AS s
) AS x ON t.[no] = x.[c0]
WHERE x.[nth] = 1 AND ((CAST(t.[name] AS VARBINARY(MAX)) <> CAST(x.[c1] AS VARBINARY(MAX)) OR DATALENGTH(t.[name]) <> DATALENGTH(x.[c1]) OR (t.[name] IS NULL AND x.[c1] IS NOT NULL) OR (t.[name] IS NOT NULL AND x.[c1] IS NULL))
  OR (CAST(t.[note] AS VARBINARY(MAX)) <> CAST(x.[c2] AS VARBINARY(MAX)) OR DATALENGTH(t.[note]) <> DATALENGTH(x.[c2]) OR (t.[note] IS NULL AND x.[c2] IS NOT NULL) OR (t.[note] IS NOT NULL AND x.[c2] IS NULL))
  OR (t.[botanist_id] <> x.[c3] OR (t.[botanist_id] IS NULL AND x.[c3] IS NOT NULL) OR (t.[botanist_id] IS NOT NULL AND x.[c3] IS NULL)));

INSERT INTO [dbo].[plant] ([no], [name], [note], [botanist_id])
SELECT x.[c0], x.[c1], x.[c2], x.[c3] FROM (
  SELECT s.[seq], s.[f0] AS [c0], s.[f1] AS [c1], s.[f7] AS [c2], s.[id0] AS [c3], ROW_NUMBER() OVER (PARTITION BY s.[f0] ORDER BY s.[seq] DESC) AS [nth]
  FROM #_millrace_rows AS s
) AS x
WHERE x.[nth] = 1 AND NOT EXISTS (SELECT 1 FROM [dbo].[plant] AS t WITH (UPDLOCK, HOLDLOCK) WHERE t.[no] = x.[c0]) ORDER BY x.[seq];

UPDATE s SET [id1] = t.[plant_id]
FROM #_millrace_rows AS s INNER JOIN [dbo].[plant] AS t ON t.[no] = s.[f0];

INSERT INTO [dbo].[reading] ([at], [moisture], [price], [big], [plant_id])
SELECT x.[c0], x.[c1], x.[c2], x.[c3], x.[c4] FROM (
  SELECT s.[seq], s.[f3] AS [c0], s.[f4] AS [c1], s.[f5] AS [c2], s.[f6] AS [c3], s.[id1] AS [c4], ROW_NUMBER() OVER (PARTITION BY s.[id1], s.[f3] ORDER BY s.[seq] ASC) AS [nth]
  FROM #_millrace_rows AS s
) AS x
WHERE x.[nth] = 1 AND NOT EXISTS (SELECT 1 FROM [dbo].[reading] AS t WITH (UPDLOCK, HOLDLOCK) WHERE t.[plant_id] = x.[c4] AND t.[at] = x.[c0]) ORDER BY x.[seq];
