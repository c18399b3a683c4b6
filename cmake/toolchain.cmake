# What every target is compiled and linked with: warnings, sanitizers, ccache, mold.

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
                    -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wthread-safety -Wno-gnu-zero-variadic-macro-arguments)
else()
  # GCC 12 reports uninitialised members inside std::optional and absl::StatusOr at -O2, and overlapping copies in
  # "literal" + std::string (its bug 105651); clang and the sanitizers cover both.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict)
endif()

if(REXRAY_SANITIZE)
  add_compile_options(-fsanitize=${REXRAY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${REXRAY_SANITIZE})
endif()

if(REXRAY_FAULT_POINTS)
  add_compile_definitions(REXRAY_FAULT_POINTS=1)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()

# Libraries that nothing in a program needs are not loaded by it: this is what keeps the command line quick.
add_link_options(-Wl,--as-needed -Wl,-z,relro,-z,now)
