CREATE TABLE #_millrace_raw ([seq] INT NOT NULL, [f0] INT NULL, [f1] NVARCHAR(100) NULL, [f2] NVARCHAR(200) NULL, [f3] NVARCHAR(27) NULL, [f4] FLOAT NULL, [f5] NVARCHAR(41) NULL, [f6] NVARCHAR(20) NULL, [f7] BIT NULL, [f8] NVARCHAR(10) NULL, [f9] VARBINARY(MAX) NULL, [f10] NVARCHAR(MAX) NULL, [f11] NVARCHAR(MAX) NULL);

INSERT INTO [dbo].[odd ]]name] ([plant], [name], [botanist], [take]]n at], [moisture], [price], [big], [alive], [seen], [picture], [more], [note])
SELECT [f0], [f1], [f2], CAST([f3] AS DATETIME2(3)), [f4], CAST([f5] AS DECIMAL(38,10)), CAST([f6] AS BIGINT), [f7], CAST([f8] AS DATE), [f9], [f10], [f11] FROM #_millrace_raw ORDER BY [seq];
