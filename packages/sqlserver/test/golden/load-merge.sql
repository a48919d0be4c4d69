CREATE TABLE #_millrace_raw ([seq] INT NOT NULL, [f0] INT NULL, [f1] NVARCHAR(100) NULL, [f2] NVARCHAR(200) NULL, [f3] NVARCHAR(27) NULL, [f4] FLOAT NULL, [f5] NVARCHAR(41) NULL, [f6] NVARCHAR(20) NULL, [f7] BIT NULL, [f8] NVARCHAR(10) NULL, [f9] VARBINARY(MAX) NULL, [f10] NVARCHAR(MAX) NULL, [f11] NVARCHAR(MAX) NULL);

CREATE TABLE #_millrace_rows ([seq] INT NOT NULL, [f0] INT NULL, [f1] NVARCHAR(100) NULL, [f2] NVARCHAR(200) NULL, [f3] DATETIME2(3) NULL, [f4] FLOAT NULL, [f5] DECIMAL(38,10) NULL, [f6] BIGINT NULL, [f7] BIT NULL, [f8] DATE NULL, [f9] VARBINARY(MAX) NULL, [f10] NVARCHAR(MAX) NULL, [f11] NVARCHAR(MAX) NULL);

DELETE FROM #_millrace_rows;

INSERT INTO #_millrace_rows ([seq], [f0], [f1], [f2], [f3], [f4], [f5], [f6], [f7], [f8], [f9], [f10], [f11])
SELECT [seq], [f0], [f1], [f2], CAST([f3] AS DATETIME2(3)), [f4], CAST([f5] AS DECIMAL(38,10)), CAST([f6] AS BIGINT), [f7], CAST([f8] AS DATE), [f9], [f10], [f11] FROM #_millrace_raw;

UPDATE t SET [name] = x.[c1], [botanist] = x.[c2], [moisture] = x.[c4], [price] = x.[c5], [big] = x.[c6], [alive] = x.[c7], [seen] = x.[c8], [picture] = x.[c9], [more] = x.[c10], [note] = x.[c11]
FROM [dbo].[odd ]]name] AS t WITH (UPDLOCK, HOLDLOCK) INNER JOIN (
  SELECT s.[seq], s.[f0] AS [c0], s.[f1] AS [c1], s.[f2] AS [c2], s.[f3] AS [c3], s.[f4] AS [c4], s.[f5] AS [c5], s.[f6] AS [c6], s.[f7] AS [c7], s.[f8] AS [c8], s.[f9] AS [c9], s.[f10] AS [c10], s.[f11] AS [c11], ROW_NUMBER() OVER (PARTITION BY s.[f0], s.[f3] ORDER BY s.[seq] DESC) AS [nth]
  FROM #_millrace_rows AS s
) AS x ON t.[plant] = x.[c0] AND t.[take]]n at] = x.[c3]
WHERE x.[nth] = 1 AND ((CAST(t.[name] AS VARBINARY(MAX)) <> CAST(x.[c1] AS VARBINARY(MAX)) OR DATALENGTH(t.[name]) <> DATALENGTH(x.[c1]) OR (t.[name] IS NULL AND x.[c1] IS NOT NULL) OR (t.[name] IS NOT NULL AND x.[c1] IS NULL))
  OR (CAST(t.[botanist] AS VARBINARY(MAX)) <> CAST(x.[c2] AS VARBINARY(MAX)) OR DATALENGTH(t.[botanist]) <> DATALENGTH(x.[c2]) OR (t.[botanist] IS NULL AND x.[c2] IS NOT NULL) OR (t.[botanist] IS NOT NULL AND x.[c2] IS NULL))
  OR (t.[moisture] <> x.[c4] OR (t.[moisture] IS NULL AND x.[c4] IS NOT NULL) OR (t.[moisture] IS NOT NULL AND x.[c4] IS NULL))
  OR (t.[price] <> x.[c5] OR (t.[price] IS NULL AND x.[c5] IS NOT NULL) OR (t.[price] IS NOT NULL AND x.[c5] IS NULL))
  OR (t.[big] <> x.[c6] OR (t.[big] IS NULL AND x.[c6] IS NOT NULL) OR (t.[big] IS NOT NULL AND x.[c6] IS NULL))
  OR (t.[alive] <> x.[c7] OR (t.[alive] IS NULL AND x.[c7] IS NOT NULL) OR (t.[alive] IS NOT NULL AND x.[c7] IS NULL))
  OR (t.[seen] <> x.[c8] OR (t.[seen] IS NULL AND x.[c8] IS NOT NULL) OR (t.[seen] IS NOT NULL AND x.[c8] IS NULL))
  OR (t.[picture] <> x.[c9] OR DATALENGTH(t.[picture]) <> DATALENGTH(x.[c9]) OR (t.[picture] IS NULL AND x.[c9] IS NOT NULL) OR (t.[picture] IS NOT NULL AND x.[c9] IS NULL))
  OR (CAST(t.[more] AS VARBINARY(MAX)) <> CAST(x.[c10] AS VARBINARY(MAX)) OR DATALENGTH(t.[more]) <> DATALENGTH(x.[c10]) OR (t.[more] IS NULL AND x.[c10] IS NOT NULL) OR (t.[more] IS NOT NULL AND x.[c10] IS NULL))
  OR (CAST(t.[note] AS VARBINARY(MAX)) <> CAST(x.[c11] AS VARBINARY(MAX)) OR DATALENGTH(t.[note]) <> DATALENGTH(x.[c11]) OR (t.[note] IS NULL AND x.[c11] IS NOT NULL) OR (t.[note] IS NOT NULL AND x.[c11] IS NULL)));

INSERT INTO [dbo].[odd ]]name] ([plant], [name], [botanist], [take]]n at], [moisture], [price], [big], [alive], [seen], [picture], [more], [note])
SELECT x.[c0], x.[c1], x.[c2], x.[c3], x.[c4], x.[c5], x.[c6], x.[c7], x.[c8], x.[c9], x.[c10], x.[c11] FROM (
  SELECT s.[seq], s.[f0] AS [c0], s.[f1] AS [c1], s.[f2] AS [c2], s.[f3] AS [c3], s.[f4] AS [c4], s.[f5] AS [c5], s.[f6] AS [c6], s.[f7] AS [c7], s.[f8] AS [c8], s.[f9] AS [c9], s.[f10] AS [c10], s.[f11] AS [c11], ROW_NUMBER() OVER (PARTITION BY s.[f0], s.[f3] ORDER BY s.[seq] DESC) AS [nth]
  FROM #_millrace_rows AS s
) AS x
WHERE x.[nth] = 1 AND NOT EXISTS (SELECT 1 FROM [dbo].[odd ]]name] AS t WITH (UPDLOCK, HOLDLOCK) WHERE t.[plant] = x.[c0] AND t.[take]]n at] = x.[c3]) ORDER BY x.[seq];
