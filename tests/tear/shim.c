/* What a process does to the files below one folder, in order, written to a log.
 *
 * Loaded with LD_PRELOAD. TEAR_FOLDER names the folder (absolute, without links), TEAR_LOG the log. A line of the
 * log is a header and so many octets of data; disk.py reads them. Each call is made first and logged if it
 * succeeded. What could not be played back is logged as 'X'.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct header {
    char kind;
    uint64_t inode;
    int64_t offset;
    uint32_t length;
} __attribute__((packed));

static const char *folder;
static int sink = -1;

__attribute__((constructor)) static void begin(void)
{
    folder = getenv("TEAR_FOLDER");
    const char *log = getenv("TEAR_LOG");
    if (folder && log)
        sink = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(char kind, uint64_t inode, int64_t offset, const void *data, size_t length)
{
    int kept = errno;
    struct header head = {kind, inode, offset, (uint32_t)length};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)data, length}};
    if (syscall(SYS_writev, sink, parts, 2) != (long)(sizeof head + length))
        abort();
    errno = kept;
}

static int within(const char *path)
{
    size_t length = strlen(folder);
    return !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
}

/* The path of an open file; whether it lies in the folder. */
static int inside_fd(int fd, char path[PATH_MAX])
{
    char link[64];
    if (sink < 0 || fd < 0 || fd == sink)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return within(path);
}

/* The same of a name that need not be there. */
static int inside(int at, const char *name, char path[PATH_MAX])
{
    char base[PATH_MAX];
    if (sink < 0)
        return 0;
    if (name[0] == '/')
        snprintf(path, PATH_MAX, "%s", name);
    else {
        if (at == AT_FDCWD ? !getcwd(base, sizeof base) : (inside_fd(at, base), 0))
            return 0;
        if (snprintf(path, PATH_MAX, "%s/%s", base, name) >= PATH_MAX)
            return 0;
    }
    return within(path);
}

static uint64_t inode_of(int fd)
{
    struct stat found;
    return fstat(fd, &found) ? 0 : (uint64_t)found.st_ino;
}

static int opened(int at, const char *name, int flags, mode_t mode)
{
    char path[PATH_MAX];
    int ours = inside(at, name, path);
    int nameless = (flags & O_TMPFILE) == O_TMPFILE;
    int was_there = ours && !faccessat(at, name, F_OK, AT_SYMLINK_NOFOLLOW);
    int fd = (int)syscall(SYS_openat, at, name, flags, mode);
    if (fd < 0 || !ours)
        return fd;
    if (nameless)
        note('N', inode_of(fd), 0, "", 0);
    else if (flags & O_CREAT && !was_there) {
        note('N', inode_of(fd), 0, "", 0);
        note('L', inode_of(fd), 0, path, strlen(path));
    } else if (flags & O_TRUNC)
        note('T', inode_of(fd), 0, "", 0);
    return fd;
}

static mode_t mode_of(int flags, va_list rest)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

#define OPEN(NAME)                                      \
    int NAME(const char *name, int flags, ...)          \
    {                                                   \
        va_list rest;                                   \
        va_start(rest, flags);                          \
        mode_t mode = mode_of(flags, rest);             \
        va_end(rest);                                   \
        return opened(AT_FDCWD, name, flags, mode);     \
    }
#define OPENAT(NAME)                                    \
    int NAME(int at, const char *name, int flags, ...)  \
    {                                                   \
        va_list rest;                                   \
        va_start(rest, flags);                          \
        mode_t mode = mode_of(flags, rest);             \
        va_end(rest);                                   \
        return opened(at, name, flags, mode);           \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

static ssize_t written(int fd, const void *data, ssize_t length, off_t offset)
{
    char path[PATH_MAX];
    if (length > 0 && inside_fd(fd, path))
        note('W', inode_of(fd), offset, data, (size_t)length);
    return length;
}

ssize_t write(int fd, const void *data, size_t length)
{
    ssize_t done = syscall(SYS_write, fd, data, length);
    char path[PATH_MAX];
    if (done > 0 && inside_fd(fd, path))
        written(fd, data, done, lseek(fd, 0, SEEK_CUR) - done);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset)
{
    return written(fd, data, syscall(SYS_pwrite64, fd, data, length, offset), offset);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
    return written(fd, data, syscall(SYS_pwrite64, fd, data, length, offset), offset);
}

static int truncated(int fd, off_t length)
{
    char path[PATH_MAX];
    int done = (int)syscall(SYS_ftruncate, fd, length);
    if (!done && inside_fd(fd, path))
        note('T', inode_of(fd), length, "", 0);
    return done;
}

int ftruncate(int fd, off_t length) { return truncated(fd, length); }
int ftruncate64(int fd, off64_t length) { return truncated(fd, length); }

static int synced(int fd, int done)
{
    char path[PATH_MAX];
    struct stat found;
    if (!done && inside_fd(fd, path) && !fstat(fd, &found))
        note(S_ISDIR(found.st_mode) ? 'D' : 'S', (uint64_t)found.st_ino, 0, path, strlen(path));
    return done;
}

int fsync(int fd) { return synced(fd, (int)syscall(SYS_fsync, fd)); }
int fdatasync(int fd) { return synced(fd, (int)syscall(SYS_fdatasync, fd)); }

int unlinkat(int at, const char *name, int flags)
{
    char path[PATH_MAX];
    int ours = inside(at, name, path);
    int done = (int)syscall(SYS_unlinkat, at, name, flags);
    if (!done && ours)
        note('U', 0, 0, path, strlen(path));
    return done;
}

int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int remove(const char *name) { return unlinkat(AT_FDCWD, name, 0); }

int linkat(int from_at, const char *from, int to_at, const char *to, int flags)
{
    char path[PATH_MAX];
    struct stat found;
    int ours = inside(to_at, to, path);
    int done = (int)syscall(SYS_linkat, from_at, from, to_at, to, flags);
    if (!done && ours && !fstatat(to_at, to, &found, AT_SYMLINK_NOFOLLOW))
        note('L', (uint64_t)found.st_ino, 0, path, strlen(path));
    return done;
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
    char source[PATH_MAX], target[PATH_MAX];
    struct stat found;
    int leaves = inside(from_at, from, source), comes = inside(to_at, to, target);
    int done = (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags);
    if (done || (!leaves && !comes))
        return done;
    if (flags || !leaves || !comes || fstatat(to_at, to, &found, AT_SYMLINK_NOFOLLOW))
        note('X', 0, 0, "rename", 6);
    else {
        char both[2 * PATH_MAX];
        snprintf(both, sizeof both, "%s\n%s", source, target);
        note('R', (uint64_t)found.st_ino, 0, both, strlen(both));
    }
    return done;
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
    return renameat2(from_at, from, to_at, to, 0);
}

int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

static void *mapped(void *place, size_t length, int protection, int flags, int fd, off_t offset)
{
    char path[PATH_MAX];
    void *done = (void *)syscall(SYS_mmap, place, length, protection, flags, fd, offset);
    if (done != MAP_FAILED && flags & MAP_SHARED && protection & PROT_WRITE && inside_fd(fd, path))
        note('X', inode_of(fd), 0, path, strlen(path));
    return done;
}

void *mmap(void *place, size_t length, int protection, int flags, int fd, off_t offset)
{
    return mapped(place, length, protection, flags, fd, offset);
}

void *mmap64(void *place, size_t length, int protection, int flags, int fd, off64_t offset)
{
    return mapped(place, length, protection, flags, fd, offset);
}

/* Called by the process itself: a word between the calls. */
void tear_mark(const char *word)
{
    if (sink >= 0)
        note('M', 0, 0, word, strlen(word));
}
