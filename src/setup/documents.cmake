# Writes documents.cc: the files below packaging/ as text in the program.
file(READ ${SOURCE_DIR}/packaging/systemd/rexray.service unit)
file(READ ${SOURCE_DIR}/packaging/aws/policy.json policy)
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
#include "setup/documents.h"

namespace rexray::setup {

const std::string_view kServiceUnit = R"DOCUMENT(@unit@)DOCUMENT";
const std::string_view kAwsPolicy = R"DOCUMENT(@policy@)DOCUMENT";

}  // namespace rexray::setup
]])
