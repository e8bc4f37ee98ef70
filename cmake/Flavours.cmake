# One variable, GATEHOUSE_FLAVOUR, says what kind of build this is; CMakePresets.json sets it.
set(GATEHOUSE_FLAVOUR dev CACHE STRING "release, dev, gcc, asan, tsan or fuzz")
option(GATEHOUSE_TESTS "build the tests" ON)
option(GATEHOUSE_FUZZ "build the fuzz targets" OFF)
option(GATEHOUSE_BENCH "build the benchmarks" OFF)
option(GATEHOUSE_COVERAGE "count executed lines (gcc)" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)  # -fPIE everywhere instead: one precompiled header serves libraries and programs
set(CMAKE_SKIP_INSTALL_RULES ON)

# Objects name paths of the tree, not of the machine; so ccache also hits in another checkout. ccache cannot look into a
# precompiled header: Packages.cmake puts a checksum beside it (CCACHE_PCH_EXTSUM).
find_program(GH_CCACHE ccache)
if(GH_CCACHE)
  set(GH_CCACHE_HERE ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${GH_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_PCH_EXTSUM=1 CCACHE_NOHASHDIR=1 "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" ${GH_CCACHE})
endif()

add_library(gh_flags INTERFACE)
target_compile_options(gh_flags INTERFACE "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  target_compile_options(gh_flags INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
  set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -Xclang -include-pch -Xclang <PCH_FILE>)  # without CMake's second path, which ccache takes literally
else()
  target_compile_options(gh_flags INTERFACE -fpch-preprocess)
endif()
target_compile_options(gh_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion -Wno-sign-conversion
  -fPIE -fno-omit-frame-pointer -fstack-protector-strong)
target_link_options(gh_flags INTERFACE -pie)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # gcc 12's flow analysis reports false positives inside inlined library code.
  target_compile_options(gh_flags INTERFACE -Wno-maybe-uninitialized -Wno-dangling-pointer -Wno-free-nonheap-object
    -Wno-mismatched-new-delete)
endif()

# The flavours that only test compile several sources of a folder at once: their headers are read once, which takes less than half
# the time. So what a source keeps to itself (its unnamed namespace) is named apart from its neighbours'. `dev` and `release` compile each
# alone, so that none leans on what another includes.
if(GATEHOUSE_FLAVOUR MATCHES "^(asan|gcc|tsan)$")
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    target_compile_options(gh_flags INTERFACE -Wno-subobject-linkage)  # it takes each source for a header
  endif()
endif()

if(GATEHOUSE_FLAVOUR STREQUAL release)
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
  target_compile_options(gh_flags INTERFACE -flto=thin -fcf-protection=full -ftrivial-auto-var-init=zero)
  target_compile_definitions(gh_flags INTERFACE _FORTIFY_SOURCE=3 _GLIBCXX_ASSERTIONS)
  target_link_options(gh_flags INTERFACE -fuse-ld=lld-19 -flto=thin -Wl,--thinlto-cache-dir=${CMAKE_BINARY_DIR}/lto-cache
    -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--gc-sections)
elseif(GATEHOUSE_FLAVOUR STREQUAL dev)
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  target_link_options(gh_flags INTERFACE -fuse-ld=lld-19)
elseif(GATEHOUSE_FLAVOUR STREQUAL gcc)
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  if(GATEHOUSE_COVERAGE)  # ccache refuses these options
    target_compile_options(gh_flags INTERFACE --coverage -fprofile-update=atomic)
    target_link_options(gh_flags INTERFACE --coverage)
  endif()
elseif(GATEHOUSE_FLAVOUR MATCHES "^(asan|fuzz)$")
  # Optimising what is instrumented takes twice as long as compiling it; a search runs for longer than that.
  set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
  target_compile_options(gh_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all)
  if(GATEHOUSE_FLAVOUR STREQUAL fuzz)  # what a search goes by; a replay of the corpus needs none of it
    set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
    target_compile_options(gh_flags INTERFACE -fsanitize=fuzzer-no-link)
  endif()
  target_link_options(gh_flags INTERFACE -fuse-ld=lld-19 -fsanitize=address,undefined)
elseif(GATEHOUSE_FLAVOUR STREQUAL tsan)
  set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
  target_compile_options(gh_flags INTERFACE -fsanitize=thread)
  target_link_options(gh_flags INTERFACE -fuse-ld=lld-19 -fsanitize=thread)
else()
  message(FATAL_ERROR "GATEHOUSE_FLAVOUR is '${GATEHOUSE_FLAVOUR}': it must be release, dev, gcc, asan, tsan or fuzz")
endif()
