#include "config/service_plan.h"

#include <algorithm>
#include <set>

#include "base/status.h"
#include "config/text.h"

namespace rexray::config {
namespace {

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr char kDefaultModule[] = "default-docker";
constexpr char kDefaultName[] = "rexray";

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What rexray.service and rexray.storageDrivers say together, in these scopes.
struct Wish {
  std::string name = {};  ///< a declared service or a driver; "" when nothing is said
  bool none = false;      ///< `storageDrivers: []`
  std::string origin = {};
};

/// A value of a narrower scope wins, then one of a stronger place; at par the newer key, rexray.service.
Wish WishIn(const Store& store, const std::string& scope, std::vector<std::string>& warnings) {
  const Setting* service = store.Find(scope, "rexray.service");
  const Setting* drivers = store.Find(scope, "rexray.storagedrivers");
  if (service != nullptr && service->text.empty()) service = nullptr;
  if (drivers != nullptr && drivers->text == "libstorage") drivers = nullptr;  // 0.3.3's and 0.4's default
  if (service != nullptr && (drivers == nullptr || service->layer >= drivers->layer)) {
    return {.name = service->text, .origin = service->message_origin};
  }
  if (drivers == nullptr) return {};
  const std::vector<std::string> names = SplitWords(drivers->text);
  if (names.empty()) return {.none = true, .origin = drivers->message_origin};
  if (names.size() > 1) {
    warnings.push_back(
        fmt::format("{}: {}: only the first driver, {}, is used; a module of its own "
                    "(rexray.modules.NAME.rexray.storageDrivers) serves each other one",
                    drivers->message_origin, drivers->written_key, names[0]));
  }
  return {.name = names[0], .origin = drivers->message_origin};
}

bool Said(const Wish& wish) {
  return wish.none || !wish.name.empty();
}

class Planner {
 public:
  Planner(const Store& store, Services& out) : store_(store), out_(out) {}

  absl::Status Run() {
    global_ = WishIn(store_, "", out_.warnings);
    RETURN_IF_ERROR(PlanDefault());
    for (const std::string& module : store_.modules()) ChooseBackends(module);
    for (const std::string& service : store_.services()) {
      if (taken_.count(service) == 0) RETURN_IF_ERROR(PlanDeclared(service));
    }
    for (const std::string& module : store_.modules()) RETURN_IF_ERROR(PlanModule(module));
    return absl::OkStatus();
  }

 private:
  static std::string ModuleScope(const std::string& name) { return kModules + name; }
  static std::string ServiceScope(const std::string& name) { return kServices + name; }

  bool IsDeclared(const std::string& name) const { return Contains(store_.services(), name); }

  /// In 0.11 a service without a driver is the driver of its name.
  std::string DriverOf(const std::string& service) const {
    const Setting* driver = store_.Find(ServiceScope(service), "driver");
    return driver == nullptr || driver->text.empty() ? service : driver->text;
  }

  bool IsDisabled(const std::string& module) const {
    const Setting* disabled = store_.Find(ModuleScope(module), "disabled");
    return disabled != nullptr && disabled->text == "true";
  }

  /// Modules that are a service of their own: not the three that are always there, not one that a declared
  /// service shares its name with.
  bool IsService(const std::string& module) {
    if (module == kDefaultModule || module == "default-admin" || module == "default-csi") return false;
    if (IsDeclared(module) || IsDisabled(module)) return false;
    const Setting* type = store_.Find(ModuleScope(module), "type");
    return type == nullptr || type->text != "admin";
  }

  absl::Status PlanDefault() {
    Wish wish = WishIn(store_, ModuleScope(kDefaultModule), out_.warnings);
    if (!Said(wish)) wish = global_;
    if (wish.none) return absl::OkStatus();
    const std::vector<std::string>& declared = store_.services();
    if (wish.name.empty() && !declared.empty()) {
      wish.name = declared.front();
      if (declared.size() > 1) {
        out_.warnings.push_back(
            fmt::format("nothing says which service is the default one: it is {}, the first; "
                        "set rexray.service",
                        wish.name));
      }
    }
    ServicePlan plan{.name = kDefaultName, .driver = wish.name, .module = kDefaultModule, .scopes = {}};
    plan.scopes.push_back(ModuleScope(kDefaultModule));
    const std::string lower = Lower(wish.name);
    if (wish.name.empty()) {
      plan.driver = "local";
    } else if (IsDeclared(lower)) {
      plan.name = CleanServiceName(lower);
      plan.driver = DriverOf(lower);
      plan.scopes.push_back(ModuleScope(lower));
      plan.scopes.push_back(ServiceScope(lower));
      taken_.insert(lower);
    }
    out_.default_service = plan.name;
    return Add(std::move(plan), wish.origin.empty() ? ServiceScope(lower) : wish.origin);
  }

  /// A module that says `libstorage.service: NAME` is that service's socket: the service is not there twice.
  void ChooseBackends(const std::string& module) {
    if (!IsService(module)) return;
    const std::string chosen = Lower(WishIn(store_, ModuleScope(module), out_.warnings).name);
    if (IsDeclared(chosen)) taken_.insert(chosen);
  }

  absl::Status PlanDeclared(const std::string& name) {
    return Add({.name = CleanServiceName(name),
                .driver = DriverOf(name),
                .module = name,
                .scopes = {ModuleScope(name), ServiceScope(name)}},
               ServiceScope(name));
  }

  absl::Status PlanModule(const std::string& module) {
    if (!IsService(module)) return absl::OkStatus();
    ServicePlan plan{.name = CleanServiceName(module), .driver = {}, .module = module, .scopes = {}};
    plan.scopes.push_back(ModuleScope(module));
    std::vector<std::string> said_before;  // WishIn warned in ChooseBackends
    Wish wish = WishIn(store_, ModuleScope(module), said_before);
    if (!Said(wish)) wish = global_;
    if (wish.none) {
      out_.warnings.push_back(
          fmt::format("the module {} has no driver ({}) and is not started", module, wish.origin));
      return absl::OkStatus();
    }
    const std::string lower = Lower(wish.name);
    plan.driver = wish.name.empty() ? "local" : IsDeclared(lower) ? DriverOf(lower) : wish.name;
    if (IsDeclared(lower)) plan.scopes.push_back(ServiceScope(lower));
    return Add(std::move(plan), ModuleScope(module));
  }

  absl::Status Add(ServicePlan plan, const std::string& section) {
    if (const absl::Status status = CheckServiceName(plan.name); !status.ok())
      return Annotate(status, section);
    for (const ServicePlan& other : out_.plans) {
      if (other.name != plan.name) continue;
      return Error(kInvalid, "{}: there are two services called {}: choose another name for one of them",
                   section, plan.name);
    }
    if (FindNotText(plan.driver) != std::string::npos || SplitWords(plan.driver).size() != 1) {
      return Error(kInvalid, "{}: {} is not the name of a driver", section, Quoted(plan.driver));
    }
    out_.plans.push_back(std::move(plan));
    return absl::OkStatus();
  }

  const Store& store_;
  Services& out_;
  Wish global_;
  std::set<std::string> taken_;  ///< declared services that already have a socket
};

}  // namespace

absl::Status PlanServices(const Store& store, Services& out) {
  return Planner(store, out).Run();
}

const Setting* FindIn(const Store& store, const std::vector<std::string>& scopes, std::string_view setting) {
  for (const std::string& scope : scopes) {
    if (const Setting* found = store.Find(scope, setting); found != nullptr) return found;
  }
  return store.Find("", setting);
}

std::string CleanServiceName(std::string_view written) {
  std::string out;
  for (char c : Lower(Trim(written))) {
    if (std::string_view(" &_=+:").find(c) != std::string_view::npos) c = '-';
    const bool legal = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    if (!legal || (c == '-' && !out.empty() && out.back() == '-')) continue;
    out += c;
  }
  return out;
}

absl::Status CheckServiceName(std::string_view name) {
  constexpr size_t kMost = 64;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool legal =
      !name.empty() && name.size() <= kMost && letter(name.front()) &&
      std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || c == '-' || c == '.'; });
  if (legal) return absl::OkStatus();
  return Error(kInvalid,
               "{} cannot name a service: use 1 to {} letters, digits and dashes, beginning with a letter "
               "or digit",
               Quoted(name), kMost);
}

}  // namespace rexray::config
