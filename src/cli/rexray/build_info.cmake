# Writes build_info.cc; run at each build, touches the file only when something changed.
find_package(Git QUIET)
set(branch "-")
set(commit "-")
set(formed "-")
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE_DIR} log -1 --format=%H WORKING_DIRECTORY ${SOURCE_DIR}
                  OUTPUT_VARIABLE found RESULT_VARIABLE result OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(result EQUAL 0)
    set(commit ${found})
    execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE_DIR} log -1 --format=%cD
                    OUTPUT_VARIABLE formed OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE_DIR} rev-parse --abbrev-ref HEAD
                    OUTPUT_VARIABLE branch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
#include "cli/rexray/build_info.h"

namespace rexray::cli {

BuildInfo GetBuildInfo() { return {"@VERSION@", "@branch@", "@commit@", "@formed@"}; }

}  // namespace rexray::cli
]])
