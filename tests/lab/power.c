// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records what a process does to the files of one folder, in order, so that tests/lab/power.py can tell what a disk
 * may hold after a power cut at any instant. To be preloaded:
 *
 *	TA_POWER_FOLDER	absolute path of the folder
 *	TA_POWER_LOG	file that the records are appended to; outside of the folder
 *
 * A record is written after its call has succeeded, under a lock, in one write: what a killed process leaves is whole.
 * A call that would change a file of the folder behind the recorder's back ends the process, with a word why. SQLite's
 * -shm files are left alone: they are mapped memory, and are made anew after a crash.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS_MAX 4096

/* As power.py unpacks it; name and data follow. */
struct record {
	char op;		/* W write, T truncate, S sync of a file, D of the folder, C create, U unlink, R rename */
	uint8_t pad[3];
	uint32_t name_bytes;
	uint64_t inode;
	int64_t offset;		/* of a write, bytes; or the new size */
	uint64_t data_bytes;
};

enum kind { OTHER, PLAIN, FOLDER };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static size_t folder_bytes;
static int log_fd = -1;
static uint8_t kinds[FDS_MAX];
static uint64_t inodes[FDS_MAX];

static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_ftruncate)(int, off64_t);
static int (*real_fsync)(int), (*real_fdatasync)(int);
static int (*real_unlink)(const char *);
static int (*real_rename)(const char *, const char *);
static int (*real_close)(int);
static void *(*real_mmap)(void *, size_t, int, int, int, off64_t);

static void find(void *function, const char *name)
{
	*(void **)function = dlsym(RTLD_NEXT, name);
	if (!*(void **)function)
		abort();
}

static __attribute__((constructor)) void begin(void)
{
	const char *log = getenv("TA_POWER_LOG");

	find(&real_openat, "openat64");
	find(&real_write, "write");
	find(&real_pwrite, "pwrite64");
	find(&real_ftruncate, "ftruncate64");
	find(&real_fsync, "fsync");
	find(&real_fdatasync, "fdatasync");
	find(&real_unlink, "unlink");
	find(&real_rename, "rename");
	find(&real_close, "close");
	find(&real_mmap, "mmap64");
	folder = getenv("TA_POWER_FOLDER");
	if (!folder || !log)
		return;
	folder_bytes = strlen(folder);
	log_fd = real_openat(AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (log_fd < 0)
		abort();
}

static __attribute__((noreturn)) void unrecorded(const char *call)
{
	fprintf(stderr, "power: %s on a file of the folder is not recorded\n", call);
	abort();
}

/* The part of an absolute path behind the folder; NULL elsewhere, and for what is left alone. */
static const char *inside(const char *path)
{
	size_t n = strlen(path);

	if (log_fd < 0 || strncmp(path, folder, folder_bytes) || path[folder_bytes] != '/')
		return NULL;
	if (n > 4 && !strcmp(path + n - 4, "-shm"))
		return NULL;
	return path + folder_bytes + 1;
}

/* The same for a path as a caller gives it: its folder may be reached in other ways. */
static const char *named(const char *path, char *buffer)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX], real[PATH_MAX];
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (log_fd < 0 || n >= sizeof(parent))
		return NULL;
	memcpy(parent, n ? path : slash ? "/" : ".", n ? n : 1);
	parent[n ? n : 1] = 0;
	if (!realpath(parent, real))
		return NULL;
	snprintf(buffer, 2 * PATH_MAX, "%s/%s", real, slash ? slash + 1 : path);
	return inside(buffer);
}

static void record(char op, uint64_t inode, int64_t offset, const void *name, size_t name_bytes, const void *data,
		   size_t data_bytes)
{
	struct record head = {
		.op = op, .name_bytes = name_bytes, .inode = inode, .offset = offset, .data_bytes = data_bytes,
	};
	struct iovec parts[] = {
		{ &head, sizeof(head) }, { (void *)name, name_bytes }, { (void *)data, data_bytes },
	};

	if (writev(log_fd, parts, 3) != (ssize_t)(sizeof(head) + name_bytes + data_bytes))
		abort();
}

static enum kind kind_of(int fd)
{
	return fd >= 0 && fd < FDS_MAX ? kinds[fd] : OTHER;
}

static int open_recorded(int at, const char *path, int flags, mode_t mode)
{
	char link[64], target[PATH_MAX];
	const char *name;
	struct stat found;
	ssize_t n;
	int fd, was_there;

	if (log_fd < 0)
		return real_openat(at, path, flags, mode);
	pthread_mutex_lock(&lock);
	was_there = !fstatat(at, path, &found, 0);
	fd = real_openat(at, path, flags, mode);
	if (fd < 0 || fd >= FDS_MAX || fstat(fd, &found))
		goto out;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		goto out;
	target[n] = 0;
	kinds[fd] = OTHER;
	inodes[fd] = found.st_ino;
	if (S_ISDIR(found.st_mode)) {
		kinds[fd] = strcmp(target, folder) ? OTHER : FOLDER;
		goto out;
	}
	name = inside(target);
	if (!name)
		goto out;
	kinds[fd] = PLAIN;
	if (!was_there)
		record('C', found.st_ino, 0, name, strlen(name), NULL, 0);
	else if (flags & O_TRUNC)
		record('T', found.st_ino, 0, NULL, 0, NULL, 0);
out:
	pthread_mutex_unlock(&lock);
	return fd;
}

#define OPEN(name)								\
	int name(const char *path, int flags, ...)				\
	{									\
		va_list rest;							\
		mode_t mode;							\
										\
		va_start(rest, flags);						\
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;\
		va_end(rest);							\
		return open_recorded(AT_FDCWD, path, flags, mode);		\
	}
OPEN(open)
OPEN(open64)

#define OPENAT(name)								\
	int name(int at, const char *path, int flags, ...)			\
	{									\
		va_list rest;							\
		mode_t mode;							\
										\
		va_start(rest, flags);						\
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;\
		va_end(rest);							\
		return open_recorded(at, path, flags, mode);			\
	}
OPENAT(openat)
OPENAT(openat64)

#define OPEN_2(name)								\
	int name(const char *path, int flags)					\
	{									\
		return open_recorded(AT_FDCWD, path, flags, 0);			\
	}
OPEN_2(__open_2)
OPEN_2(__open64_2)

int creat(const char *path, mode_t mode)
{
	return open_recorded(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int close(int fd)
{
	int result;

	if (kind_of(fd) == OTHER)
		return real_close(fd);
	pthread_mutex_lock(&lock);
	kinds[fd] = OTHER;
	result = real_close(fd);
	pthread_mutex_unlock(&lock);
	return result;
}

ssize_t write(int fd, const void *data, size_t count)
{
	ssize_t n;

	if (kind_of(fd) != PLAIN)
		return real_write(fd, data, count);
	pthread_mutex_lock(&lock);
	n = real_write(fd, data, count);
	if (n > 0)
		record('W', inodes[fd], lseek64(fd, 0, SEEK_CUR) - n, NULL, 0, data, n);
	pthread_mutex_unlock(&lock);
	return n;
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t offset)
{
	ssize_t n;

	if (kind_of(fd) != PLAIN)
		return real_pwrite(fd, data, count, offset);
	pthread_mutex_lock(&lock);
	n = real_pwrite(fd, data, count, offset);
	if (n > 0)
		record('W', inodes[fd], offset, NULL, 0, data, n);
	pthread_mutex_unlock(&lock);
	return n;
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t offset)
{
	return pwrite64(fd, data, count, offset);
}

int ftruncate64(int fd, off64_t size)
{
	int result;

	if (kind_of(fd) != PLAIN)
		return real_ftruncate(fd, size);
	pthread_mutex_lock(&lock);
	result = real_ftruncate(fd, size);
	if (!result)
		record('T', inodes[fd], size, NULL, 0, NULL, 0);
	pthread_mutex_unlock(&lock);
	return result;
}

int ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

static int sync_recorded(int fd, int (*real)(int))
{
	int result;

	if (kind_of(fd) == OTHER)
		return real(fd);
	pthread_mutex_lock(&lock);
	result = real(fd);
	if (!result)
		record(kinds[fd] == FOLDER ? 'D' : 'S', inodes[fd], 0, NULL, 0, NULL, 0);
	pthread_mutex_unlock(&lock);
	return result;
}

int fsync(int fd)
{
	return sync_recorded(fd, real_fsync);
}

int fdatasync(int fd)
{
	return sync_recorded(fd, real_fdatasync);
}

int unlink(const char *path)
{
	char buffer[2 * PATH_MAX];
	const char *name = named(path, buffer);
	int result;

	if (!name)
		return real_unlink(path);
	pthread_mutex_lock(&lock);
	result = real_unlink(path);
	if (!result)
		record('U', 0, 0, name, strlen(name), NULL, 0);
	pthread_mutex_unlock(&lock);
	return result;
}

int unlinkat(int at, const char *path, int flags)
{
	static int (*real)(int, const char *, int);

	if (!flags && (at == AT_FDCWD || *path == '/'))
		return unlink(path);
	if (kind_of(at) == FOLDER)
		unrecorded("unlinkat");
	if (!real)
		find(&real, "unlinkat");
	return real(at, path, flags);
}

int rename(const char *from, const char *to)
{
	char old_buffer[2 * PATH_MAX], new_buffer[2 * PATH_MAX];
	const char *old = named(from, old_buffer), *new = named(to, new_buffer);
	int result;

	if (!old && !new)
		return real_rename(from, to);
	if (!old || !new)
		unrecorded("rename from or to elsewhere");
	pthread_mutex_lock(&lock);
	result = real_rename(from, to);
	if (!result)
		record('R', 0, 0, old, strlen(old), new, strlen(new));
	pthread_mutex_unlock(&lock);
	return result;
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
	if ((from_at != AT_FDCWD && *from != '/') || (to_at != AT_FDCWD && *to != '/'))
		unrecorded("renameat");
	return rename(from, to);
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset)
{
	if (fd >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE) && kind_of(fd) == PLAIN)
		unrecorded("mmap");
	return real_mmap(address, length, protection, flags, fd, offset);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	return mmap64(address, length, protection, flags, fd, offset);
}

/* Nobody here uses these on a database; whoever begins to is told. */
#define REFUSED(type, name, fd, parameters, arguments)				\
	type name parameters							\
	{									\
		static type (*real) parameters;					\
										\
		if (kind_of(fd) == PLAIN)					\
			unrecorded(#name);					\
		if (!real)							\
			find(&real, #name);					\
		return real arguments;						\
	}
REFUSED(ssize_t, writev, fd, (int fd, const struct iovec *parts, int count), (fd, parts, count))
REFUSED(ssize_t, pwritev64, fd, (int fd, const struct iovec *parts, int count, off64_t at), (fd, parts, count, at))
REFUSED(ssize_t, sendfile64, to, (int to, int from, off64_t *at, size_t count), (to, from, at, count))
REFUSED(ssize_t, sendfile, to, (int to, int from, off_t *at, size_t count), (to, from, at, count))
REFUSED(ssize_t, copy_file_range, to,
	(int from, off64_t *from_at, int to, off64_t *to_at, size_t count, unsigned int flags),
	(from, from_at, to, to_at, count, flags))
REFUSED(int, fallocate64, fd, (int fd, int mode, off64_t at, off64_t count), (fd, mode, at, count))
REFUSED(int, posix_fallocate64, fd, (int fd, off64_t at, off64_t count), (fd, at, count))
