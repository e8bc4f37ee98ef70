# One variable, GATEHOUSE_FLAVOUR, says what kind of build this is; CMakePresets.json sets it.
set(GATEHOUSE_FLAVOUR dev CACHE STRING "release, dev, gcc, asan or tsan")
option(GATEHOUSE_TESTS "build the tests" ON)
option(GATEHOUSE_FUZZ "build the fuzz targets" OFF)
option(GATEHOUSE_BENCH "build the benchmarks" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)  # -fPIE everywhere instead: one precompiled header serves libraries and programs
set(CMAKE_SKIP_INSTALL_RULES ON)

add_library(gh_flags INTERFACE)
target_compile_options(gh_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion -Wno-sign-conversion
  -fPIE -fno-omit-frame-pointer -fstack-protector-strong)
target_link_options(gh_flags INTERFACE -pie)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # gcc 12's flow analysis reports false positives inside inlined library code.
  target_compile_options(gh_flags INTERFACE -Wno-maybe-uninitialized -Wno-dangling-pointer -Wno-free-nonheap-object)
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
  target_compile_options(gh_flags INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(gh_flags INTERFACE --coverage)
elseif(GATEHOUSE_FLAVOUR STREQUAL asan)
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  target_compile_options(gh_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fsanitize=fuzzer-no-link)
  target_link_options(gh_flags INTERFACE -fuse-ld=lld-19 -fsanitize=address,undefined)
elseif(GATEHOUSE_FLAVOUR STREQUAL tsan)
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  target_compile_options(gh_flags INTERFACE -fsanitize=thread)
  target_link_options(gh_flags INTERFACE -fuse-ld=lld-19 -fsanitize=thread)
else()
  message(FATAL_ERROR "GATEHOUSE_FLAVOUR is '${GATEHOUSE_FLAVOUR}': it must be release, dev, gcc, asan or tsan")
endif()
