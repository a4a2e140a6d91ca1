using Microsoft.Data.Sqlite;

namespace Mobula.ApiServer.Storage;

/// <summary>The durable side of the store: one SQLite database. Used by the commit thread alone.</summary>
internal sealed class Journal : IDisposable
{
    /// <summary>Raised with each change of the tables; a directory of a newer version is refused.</summary>
    public const int SchemaVersion = 1;

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _put;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _revision;

    private Journal(SqliteConnection connection)
    {
        _connection = connection;
        _put = Command("INSERT INTO objects(collection, namespace, name, revision, value) VALUES($c, $s, $n, $r, $v) ON CONFLICT(collection, namespace, name) DO UPDATE SET revision = excluded.revision, value = excluded.value", "$c", "$s", "$n", "$r", "$v");
        _delete = Command("DELETE FROM objects WHERE collection = $c AND namespace = $s AND name = $n", "$c", "$s", "$n");
        _revision = Command("UPDATE store SET revision = $r", "$r");
    }

    /// <summary>Opens or makes the database.</summary>
    /// <param name="directory">The data directory; made (0700) when absent.</param>
    /// <exception cref="StorageUnavailableException">The directory is of a newer version, in use, or cannot be written.</exception>
    public static Journal Open(string directory)
    {
        try
        {
            PrivateFiles.CreateDirectory(directory);
            var file = Path.Combine(directory, "objects.db");
            var isNew = !File.Exists(file);
            // No pooling (and a timeout, as 0 would wait for ever): the file's lock goes when the journal is disposed of.
            var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, DefaultTimeout = 1 }.ToString());
            connection.Open();
            if (isNew && !OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            // The exclusive lock keeps a second server off the same directory.
            Execute(connection, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; BEGIN EXCLUSIVE; COMMIT;");
            var version = (long)Scalar(connection, "PRAGMA user_version")!;
            if (version > SchemaVersion)
            {
                connection.Dispose();
                throw new StorageUnavailableException($"{directory} was written by a newer version (data version {version}; this one knows {SchemaVersion}): use that version, or another --data-dir");
            }
            if (version == 0)
            {
                Execute(connection, $"""
                    BEGIN;
                    CREATE TABLE objects(collection TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL, value BLOB NOT NULL, PRIMARY KEY(collection, namespace, name));
                    CREATE TABLE store(revision INTEGER NOT NULL);
                    INSERT INTO store VALUES(0);
                    PRAGMA user_version = {SchemaVersion};
                    COMMIT;
                    """);
            }
            return new(connection);
        }
        catch (SqliteException e)
        {
            throw new StorageUnavailableException(
                e.SqliteErrorCode is 5 or 6 ? $"{directory} is in use by another server" : $"{directory}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException($"{directory}: {e.Message}", e);
        }
    }

    /// <summary>The revision of the last commit.</summary>
    public long Revision => (long)Scalar(_connection, "SELECT revision FROM store")!;

    /// <summary>Everything that is stored.</summary>
    public IEnumerable<StoredObject> Load()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT collection, namespace, name, revision, value FROM objects";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return new(new(reader.GetString(0), reader.GetString(1), reader.GetString(2)), reader.GetInt64(3), (byte[])reader.GetValue(4));
        }
    }

    /// <summary>Makes changes durable, all or none.</summary>
    /// <exception cref="StorageUnavailableException">They were not; the database is as before.</exception>
    public void Commit(IReadOnlyList<CommittedEvent> changes, long revision)
    {
        try
        {
            using var transaction = _connection.BeginTransaction();
            foreach (var change in changes)
            {
                var command = change.IsDeletion ? _delete : _put;
                var key = change.Current.Key;
                command.Transaction = transaction;
                command.Parameters[0].Value = key.Collection;
                command.Parameters[1].Value = key.Namespace;
                command.Parameters[2].Value = key.Name;
                if (!change.IsDeletion)
                {
                    command.Parameters[3].Value = change.Revision;
                    command.Parameters[4].Value = change.Current.Utf8;
                }
                command.ExecuteNonQuery();
            }
            _revision.Transaction = transaction;
            _revision.Parameters[0].Value = revision;
            _revision.ExecuteNonQuery();
            transaction.Commit();
        }
        catch (SqliteException e)
        {
            throw new StorageUnavailableException(e.SqliteErrorCode == 13 ? "no space left for the cluster's data: database or disk is full" : e.Message, e);
        }
    }

    /// <summary>Lets the database grow no more, as a full disk would (tests).</summary>
    internal void LimitPages() => Execute(_connection, $"PRAGMA max_page_count = {Scalar(_connection, "PRAGMA page_count")}");

    public void Dispose()
    {
        _put.Dispose();
        _delete.Dispose();
        _revision.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Command(string text, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = text;
        foreach (var name in parameters) command.Parameters.Add(new SqliteParameter { ParameterName = name });
        return command;
    }

    private static void Execute(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }
}
