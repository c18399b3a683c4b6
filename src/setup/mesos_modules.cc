#include "setup/mesos_modules.h"

#include "base/status.h"
#include "setup/json_text.h"

namespace rexray::setup {

const char kModuleName[] = "com_emccode_mesos_DockerVolumeDriverIsolator";

namespace {

absl::Status WrongShape(std::string_view name, std::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument,
               "{}: {}; the agent could not read it either, and it is left alone", name, what);
}

absl::StatusOr<const JsonSpan*> LibrariesIn(const JsonSpan& root, std::string_view name) {
  if (root.kind != JsonSpan::Kind::kObject) return WrongShape(name, "it is no JSON object");
  const JsonSpan* libraries = root.Member("libraries");
  if (libraries != nullptr && libraries->kind != JsonSpan::Kind::kArray) {
    return WrongShape(name, "\"libraries\" is no array");
  }
  return libraries;
}

bool HasOurs(const JsonSpan& library) {
  const JsonSpan* modules = library.Member("modules");
  if (modules == nullptr) return false;
  for (const JsonSpan& module : modules->elements) {
    const JsonSpan* its_name = module.Member("name");
    if (its_name != nullptr && its_name->text == kModuleName) return true;
  }
  return false;
}

std::string Entry(std::string_view library, bool one_line) {
  const std::string file = JsonString(library);
  const std::string module = JsonString(kModuleName);
  if (one_line) return "{\"file\": " + file + ", \"modules\": [{\"name\": " + module + "}]}";
  return "{\n  \"file\": " + file + ",\n  \"modules\": [\n    {\n      \"name\": " + module +
         "\n    }\n  ]\n}";
}

bool Blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// A flag's value stays on one line, and so does a file that was on one.
bool OneLine(std::string_view text) {
  return text.find('\n') >= text.find_last_not_of(" \t\r\n");
}

absl::StatusOr<std::string> Repoint(std::string_view text, const JsonSpan& entry, std::string_view name,
                                    std::string_view library) {
  if (entry.Member("modules")->elements.size() > 1) {
    return WrongShape(name, fmt::format("{} stands beside other modules of one library", kModuleName));
  }
  const JsonSpan* file = entry.Member("file");
  if (file == nullptr) return PrependMember(text, entry, "file", JsonString(library));
  return file->text == library ? std::string(text) : ReplaceString(text, *file, library);
}

}  // namespace

absl::StatusOr<std::string> MergeModule(std::string_view text, std::string_view name,
                                        std::string_view library) {
  if (Blank(text)) {
    return "{\n  \"libraries\": [\n    " + [&] {
      std::string out;
      for (const char c : Entry(library, false)) {
        out += c;
        if (c == '\n') out += "    ";
      }
      return out;
    }() + "\n  ]\n}\n";
  }
  ASSIGN_OR_RETURN(const JsonSpan root, LocateJson(text, name));
  ASSIGN_OR_RETURN(const JsonSpan* libraries, LibrariesIn(root, name));
  if (libraries == nullptr) {
    return PrependMember(text, root, "libraries", "[" + Entry(library, OneLine(text)) + "]");
  }
  for (const JsonSpan& entry : libraries->elements) {
    if (HasOurs(entry)) return Repoint(text, entry, name, library);
  }
  return AppendElement(text, *libraries, Entry(library, OneLine(text)));
}

absl::StatusOr<std::optional<std::string>> LibraryOfModule(std::string_view text, std::string_view name) {
  if (Blank(text)) return std::nullopt;
  ASSIGN_OR_RETURN(const JsonSpan root, LocateJson(text, name));
  ASSIGN_OR_RETURN(const JsonSpan* libraries, LibrariesIn(root, name));
  if (libraries == nullptr) return std::nullopt;
  for (const JsonSpan& entry : libraries->elements) {
    if (!HasOurs(entry)) continue;
    const JsonSpan* file = entry.Member("file");
    return file == nullptr ? std::string() : file->text;
  }
  return std::nullopt;
}

std::optional<std::string> PathOfModules(std::string_view flag) {
  const size_t begin = flag.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || flag[begin] == '{') return std::nullopt;
  flag = flag.substr(begin, flag.find_last_not_of(" \t\r\n") - begin + 1);
  if (flag.starts_with("file://")) flag.remove_prefix(7);
  return std::string(flag);
}

}  // namespace rexray::setup
