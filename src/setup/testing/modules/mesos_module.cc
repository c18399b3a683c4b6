// A shared library with the shape of a Mesos module (include/mesos/module.hpp): read by tests, never loaded.

extern "C" void symbol_of_libmesos();

namespace {

bool Compatible() {
  symbol_of_libmesos();
  return true;
}

void* Create(const void*) {
  return nullptr;
}

}  // namespace

struct ModuleBase {
  const char* module_api_version;
  const char* mesos_version;
  const char* kind;
  const char* author_name;
  const char* author_email;
  const char* description;
  bool (*compatible)();
};

struct Module : ModuleBase {
  void* (*create)(const void*);
};

extern "C" {
extern Module com_emccode_mesos_DockerVolumeDriverIsolator;
Module com_emccode_mesos_DockerVolumeDriverIsolator = {
    {"2", MESOS_VERSION, "Isolator", "author", "author@example.org", "A test's module.", Compatible}, Create};
extern const char* const not_a_module[8];
const char* const not_a_module[8] = {"one", "two", "three"};
}
