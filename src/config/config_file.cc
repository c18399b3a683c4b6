// Opening and reading configuration files.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/status.h"
#include "base/unique_fd.h"
#include "config/source.h"
#include "config/text.h"
#include "config/yaml_file.h"

namespace rexray::config {
namespace {

struct OpenFile {
  UniqueFd fd;
  struct stat status {};
};

bool IsNameCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool IsNameStart(char c) {
  return IsNameCharacter(c) && !(c >= '0' && c <= '9');
}

/// The length of "$NAME" or "${NAME}" at the front of `text`; 0 when the dollar is only a dollar.
size_t Reference(std::string_view text, std::string& name) {
  if (text.size() < 2) return 0;
  const bool braces = text[1] == '{';
  const size_t begin = braces ? 2 : 1;
  size_t end = begin;
  while (end < text.size() && IsNameCharacter(text[end])) ++end;
  if (end == begin || !IsNameStart(text[begin])) return 0;
  if (braces && (end == text.size() || text[end] != '}')) return 0;
  name = text.substr(begin, end - begin);
  return end + (braces ? 1 : 0);
}

/// True when there was something to replace.
bool Expand(std::string& text, const Environment& environment, std::set<std::string>& unset) {
  std::string out;
  bool any = false;
  for (size_t i = 0; i < text.size();) {
    std::string name;
    const size_t length = text[i] == '$' ? Reference(std::string_view(text).substr(i), name) : 0;
    if (length == 0) {
      out += text[i++];
      continue;
    }
    any = true;
    const auto found = environment.find(name);
    if (found != environment.end()) out += found->second;
    if (found == environment.end()) unset.insert(name);
    i += length;
  }
  if (any) text = out;
  return any;
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& path) {
  std::string text;
  char buffer[16384];
  while (text.size() <= kMostFileBytes) {
    const ssize_t got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, "cannot read " + path);
    if (got == 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

/// nullopt: there is no file, or it is to be left alone.
absl::StatusOr<std::optional<OpenFile>> Open(const std::string& path, const FileRules& rules,
                                             std::vector<std::string>& warnings) {
  OpenFile file;
  // A FIFO in a default place must not hang the start; `-c <(…)` is a pipe that the caller means.
  file.fd = UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC | (rules.must_exist ? 0 : O_NONBLOCK)));
  if (file.fd.get() < 0) {
    const int error = errno;
    if ((error == ENOENT || error == ENOTDIR) && !rules.must_exist) return std::optional<OpenFile>();
    return ErrnoError(error, "cannot read " + path);
  }
  if (fstat(file.fd.get(), &file.status) != 0) return ErrnoError(errno, "cannot read " + path);
  const bool regular = S_ISREG(file.status.st_mode);
  if (S_ISDIR(file.status.st_mode) || (!regular && !rules.must_exist)) {
    return Error(absl::StatusCode::kInvalidArgument, "{} is not a file", path);
  }
  if (rules.owner && *rules.owner != file.status.st_uid) {
    warnings.push_back(fmt::format("{} is ignored: it belongs to user {}, not to {}", path,
                                   file.status.st_uid, *rules.owner));
    return std::optional<OpenFile>();
  }
  return std::optional<OpenFile>(std::move(file));
}

}  // namespace

absl::StatusOr<std::optional<Layer>> ReadConfigFile(const std::string& path, const FileRules& rules,
                                                    const Environment& environment,
                                                    std::vector<std::string>& warnings) {
  ASSIGN_OR_RETURN(const std::optional<OpenFile> file, Open(path, rules, warnings));
  if (!file) return std::optional<Layer>();
  ASSIGN_OR_RETURN(const std::string text, ReadAll(file->fd.get(), path));
  ASSIGN_OR_RETURN(YamlFile yaml, ParseYaml(text, path));
  warnings.insert(warnings.end(), yaml.warnings.begin(), yaml.warnings.end());

  const auto off = environment.find("GOFIG_DISABLE_ENVVAR_SUBSTITUTION");
  const bool expand = off == environment.end() || !ParseBool(off->second).value_or(false);
  Layer layer;
  layer.name = path;
  layer.world_readable = S_ISREG(file->status.st_mode) && (file->status.st_mode & S_IROTH) != 0;
  for (YamlValue& value : yaml.values) {
    Written written;
    written.origin = {Origin::Kind::kFile, fmt::format("{}:{}", path, value.line)};
    written.message_origin = fmt::format("{}:{}:{}", path, value.line, value.column);
    std::set<std::string> unset;
    if (expand) {
      written.expanded = Expand(value.value.text, environment, unset);
      for (std::string& item : value.value.items) written.expanded |= Expand(item, environment, unset);
    }
    // The name of a "variable" in a secret may be half a password.
    const KeyInfo* info = FindKey(value.key);
    for (const std::string& name : unset) {
      warnings.push_back(fmt::format("{}: {}: the variable{} is not set and stands for nothing",
                                     written.message_origin, value.key,
                                     info == nullptr || info->secret ? "" : " $" + name));
    }
    written.key = std::move(value.key);
    written.value = std::move(value.value);
    layer.values.push_back(std::move(written));
  }
  return std::optional<Layer>(std::move(layer));
}

void AddEtcEnvironment(const std::string& root, Environment& environment,
                       std::vector<std::string>& warnings) {
  const std::string path = root + "/etc/environment";
  const auto file = Open(path, FileRules{}, warnings);
  const auto text = !file.ok() ? absl::StatusOr<std::string>(file.status())
                    : !*file   ? absl::StatusOr<std::string>(std::string())
                               : ReadAll((*file)->fd.get(), path);
  if (!text.ok()) {
    warnings.push_back(fmt::format("{}; its variables are left out", MessageOf(text.status())));
    return;
  }
  std::string_view rest = *text;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    std::string_view line = Trim(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    constexpr std::string_view kExport = "export ";
    if (line.substr(0, kExport.size()) == kExport) line = Trim(line.substr(kExport.size()));
    const size_t equals = line.find('=');
    if (line.empty() || line.front() == '#' || equals == line.npos) continue;
    std::string_view value = Trim(line.substr(equals + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
        value.back() == value.front()) {
      value = value.substr(1, value.size() - 2);
    }
    environment.emplace(std::string(Trim(line.substr(0, equals))), std::string(value));
  }
}

}  // namespace rexray::config
