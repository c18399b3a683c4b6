#include "setup/node.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/fault_point.h"
#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::setup {

namespace {

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string NameOf(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

/// "/etc/mesos-slave/isolation" -> "/etc/.mesos-slave.isolation.rexray-setup"
std::string TemporaryAbove(const std::string& path) {
  const std::string parent = ParentOf(path);
  if (parent == "/") return "/." + NameOf(path) + ".rexray-setup";
  const std::string above = ParentOf(parent);
  return (above == "/" ? "" : above) + "/." + NameOf(parent) + "." + NameOf(path) + ".rexray-setup";
}

std::string TemporaryBeside(const std::string& path) {
  const std::string parent = ParentOf(path);
  return (parent == "/" ? "" : parent) + "/." + NameOf(path) + ".rexray-setup.dpkg-dist";
}

/// A file, a link or an empty directory; nothing there is fine.
absl::Status Unlink(const std::string& name) {
  if (unlink(name.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return absl::OkStatus();
  const int error = errno;
  if (error == EISDIR && rmdir(name.c_str()) == 0) return absl::OkStatus();
  return ErrnoError(error, name);
}

/// Access control lists and labels of what is replaced; a new file gets the label of its directory, because
/// the temporary one was born in another. As far as the file system lets us.
void KeepAttributes(const std::string& name, const std::string& parent, const std::string& temporary) {
  std::string names(65536, '\0');
  std::string value(65536, '\0');
  const ssize_t length = llistxattr(name.c_str(), names.data(), names.size());
  const bool is_new = length < 0;
  names = is_new ? std::string("security.selinux") + '\0' : names.substr(0, static_cast<size_t>(length));
  for (size_t at = 0; at < names.size(); at += strlen(names.c_str() + at) + 1) {
    const char* attribute = names.c_str() + at;
    const ssize_t size = lgetxattr((is_new ? parent : name).c_str(), attribute, value.data(), value.size());
    if (size >= 0) (void)lsetxattr(temporary.c_str(), attribute, value.data(), static_cast<size_t>(size), 0);
  }
}

absl::Status WriteAll(int fd, std::string_view text, const std::string& name) {
  while (!text.empty()) {
    const ssize_t wrote = write(fd, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return ErrnoError(errno, name);
    text.remove_prefix(static_cast<size_t>(wrote));
  }
  return absl::OkStatus();
}

/// Owner before mode: chown clears the set-user-id bits.
absl::Status MakeFile(const std::string& name, const Node& node) {
  const UniqueFd fd(open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return ErrnoError(errno, name);
  RETURN_IF_ERROR(WriteAll(fd.get(), node.content, name));
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return ErrnoError(errno, name);
  const bool owned = info.st_uid == node.uid && info.st_gid == node.gid;
  if (!owned && fchown(fd.get(), node.uid, node.gid) != 0) return ErrnoError(errno, name);
  if (fchmod(fd.get(), node.mode) != 0) return ErrnoError(errno, name);
  if (fsync(fd.get()) != 0) return ErrnoError(errno, name);
  return absl::OkStatus();
}

absl::Status MakeTemporary(const std::string& name, const Node& node) {
  RETURN_IF_ERROR(Unlink(name));
  switch (node.kind) {
    case Node::Kind::kFile:
      return MakeFile(name, node);
    case Node::Kind::kLink:
      return symlink(node.content.c_str(), name.c_str()) == 0 ? absl::OkStatus() : ErrnoError(errno, name);
    default:
      if (mkdir(name.c_str(), 0700) != 0) return ErrnoError(errno, name);
      if (chown(name.c_str(), node.uid, node.gid) != 0) return ErrnoError(errno, name);
      return chmod(name.c_str(), node.mode) == 0 ? absl::OkStatus() : ErrnoError(errno, name);
  }
}

absl::Status ReplaceBy(const std::string& temporary, const std::string& name, const Node& node) {
  absl::Status status = MakeTemporary(temporary, node);
  if (status.ok()) KeepAttributes(name, ParentOf(name), temporary);
  if (status.ok()) status = FaultPoint("setup.write.temporary");
  if (status.ok() && rename(temporary.c_str(), name.c_str()) != 0) status = ErrnoError(errno, name);
  if (!status.ok()) (void)Unlink(temporary);
  return status;
}

absl::Status Replace(const Tree& tree, const std::string& path, const Node& node) {
  const std::string name = tree.prefix() + path;
  struct stat info;
  if (lstat(name.c_str(), &info) == 0) {
    const bool directory = node.kind == Node::Kind::kDirectory;
    if (S_ISDIR(info.st_mode) != directory) {
      return Error(absl::StatusCode::kFailedPrecondition, "{} is in the way", name);
    }
    if (directory) return absl::OkStatus();
  }
  const std::string above = tree.prefix() + TemporaryAbove(path);
  struct stat its_parent;
  struct stat its_place;
  const bool one_disk = stat(ParentOf(name).c_str(), &its_parent) == 0 &&
                        stat(ParentOf(above).c_str(), &its_place) == 0 &&
                        its_parent.st_dev == its_place.st_dev && access(ParentOf(above).c_str(), W_OK) == 0;
  RETURN_IF_ERROR(ReplaceBy(one_disk ? above : tree.prefix() + TemporaryBeside(path), name, node));
  return SyncDirectory(ParentOf(name));
}

absl::Status Remove(const std::string& name) {
  struct stat info;
  if (lstat(name.c_str(), &info) != 0) return errno == ENOENT ? absl::OkStatus() : ErrnoError(errno, name);
  if (!S_ISDIR(info.st_mode)) {
    RETURN_IF_ERROR(Unlink(name));
  } else if (rmdir(name.c_str()) != 0) {
    if (errno == ENOTEMPTY || errno == EEXIST) {
      return Error(absl::StatusCode::kFailedPrecondition, "{} is not empty", name);
    }
    return ErrnoError(errno, name);
  }
  return SyncDirectory(ParentOf(name));
}

}  // namespace

absl::StatusOr<Node> ReadNode(const Tree& tree, const std::string& path) {
  const absl::StatusOr<FileInfo> info = tree.StatLink(path);
  if (absl::IsNotFound(info.status())) return Node{};
  if (!info.ok()) return info.status();
  switch (info->kind) {
    case FileKind::kDirectory:
      return Node{Node::Kind::kDirectory, "", info->mode, info->uid, info->gid};
    case FileKind::kLink:
      return Node{Node::Kind::kLink, info->target, 0, 0, 0};
    case FileKind::kRegular: {
      ASSIGN_OR_RETURN(std::string content, tree.Read(path));
      return Node{Node::Kind::kFile, std::move(content), info->mode, info->uid, info->gid};
    }
    default:
      return Error(absl::StatusCode::kFailedPrecondition, "{}{} is neither a file nor a directory nor a link",
                   tree.prefix(), path);
  }
}

absl::Status WriteNode(const Tree& tree, const std::string& path, const Node& node) {
  if (node.kind == Node::Kind::kAbsent) {
    RETURN_IF_ERROR(Remove(tree.prefix() + path));
  } else {
    RETURN_IF_ERROR(Replace(tree, path, node));
  }
  return FaultPoint("setup.write.done");
}

absl::Status RemoveLeftovers(const Tree& tree, const std::string& path) {
  RETURN_IF_ERROR(Unlink(tree.prefix() + TemporaryAbove(path)));
  return Unlink(tree.prefix() + TemporaryBeside(path));
}

absl::Status SyncDirectory(const std::string& on_disk) {
  const UniqueFd fd(open(on_disk.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoError(errno, on_disk);
  // Some file systems (overlays, network ones) cannot, and say EINVAL.
  if (fsync(fd.get()) != 0 && errno != EINVAL) return ErrnoError(errno, on_disk);
  return absl::OkStatus();
}

uint64_t Fingerprint(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  return hash;
}

}  // namespace rexray::setup
