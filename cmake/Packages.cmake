# Third-party libraries as imported targets. Everything is a Debian 12 package, but for the llama.cpp libraries, which
# tools/run/fetch.sh puts into GATEHOUSE_CACHE (pinned by hash).
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(simdjson REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp)
if(GATEHOUSE_TESTS)
  find_package(GTest REQUIRED)
endif()

find_package(tomlplusplus REQUIRED)
add_library(gh_toml INTERFACE)  # header-only
target_link_libraries(gh_toml INTERFACE tomlplusplus::tomlplusplus)

# Boost without Asio's settings: Beast's parser and Boost.JSON inside wire.
add_library(gh_boost INTERFACE)
target_include_directories(gh_boost SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
target_link_libraries(gh_boost INTERFACE Threads::Threads)

add_library(gh_asio INTERFACE)
target_link_libraries(gh_asio INTERFACE gh_boost)
target_compile_definitions(gh_asio INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_ARRAY BOOST_ASIO_HAS_CO_AWAIT)

# The precompiled header needs a translation unit of its own to hang on.
file(WRITE "${CMAKE_BINARY_DIR}/asio_pch.cc.in" "// carries the shared precompiled header\n")
configure_file("${CMAKE_BINARY_DIR}/asio_pch.cc.in" "${CMAKE_BINARY_DIR}/asio_pch.cc" COPYONLY)
add_library(gh_asio_pch STATIC "${CMAKE_BINARY_DIR}/asio_pch.cc")
target_link_libraries(gh_asio_pch PRIVATE gh_flags gh_asio)
target_precompile_headers(gh_asio_pch PRIVATE "${PROJECT_SOURCE_DIR}/cmake/asio_pch.h")
if(GH_CCACHE)
  # A compiled header is good in its own folder alone; those who use it are told by the checksum what is in it.
  set_target_properties(gh_asio_pch PROPERTIES CXX_COMPILER_LAUNCHER "${GH_CCACHE_HERE}")
  file(SHA256 "${PROJECT_SOURCE_DIR}/cmake/asio_pch.h" _gh_pch_sum)
  foreach(_gh_suffix pch gch)
    file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/CMakeFiles/gh_asio_pch.dir/cmake_pch.hxx.${_gh_suffix}.sum"
      CONTENT "@_gh_pch_sum@ boost @Boost_VERSION@ @CMAKE_CXX_COMPILER_ID@ @CMAKE_CXX_COMPILER_VERSION@ @GATEHOUSE_FLAVOUR@\n" @ONLY)
  endforeach()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/asio_pch.h")
endif()

if(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(_gh_cache "$ENV{XDG_CACHE_HOME}/gatehouse")
else()
  set(_gh_cache "$ENV{HOME}/.cache/gatehouse")
endif()
set(GATEHOUSE_CACHE "${_gh_cache}" CACHE PATH "where ./run keeps fetched libraries and models")

set(GATEHOUSE_LLAMA_VERSION "0.5.0")
set(GATEHOUSE_LLAMA_ROOT "${GATEHOUSE_CACHE}/llama-${GATEHOUSE_LLAMA_VERSION}" CACHE PATH "llama.cpp libraries and headers")
if(NOT EXISTS "${GATEHOUSE_LLAMA_ROOT}/lib/libllama.v${GATEHOUSE_LLAMA_VERSION}.so")
  message(FATAL_ERROR "llama.cpp ${GATEHOUSE_LLAMA_VERSION} is not at ${GATEHOUSE_LLAMA_ROOT}: run ./run build once, it fetches it")
endif()
function(_gh_llama_library TARGET FILE)
  add_library(${TARGET} SHARED IMPORTED GLOBAL)
  set_target_properties(${TARGET} PROPERTIES IMPORTED_LOCATION "${GATEHOUSE_LLAMA_ROOT}/lib/${FILE}")
endfunction()
_gh_llama_library(llama_ggml_base libggml-base.so)
_gh_llama_library(llama_ggml libggml.v${GATEHOUSE_LLAMA_VERSION}.so)
_gh_llama_library(llama_llama libllama.v${GATEHOUSE_LLAMA_VERSION}.so)
_gh_llama_library(llama_common libllama-common.so)
add_library(gh_llama INTERFACE)
target_include_directories(gh_llama SYSTEM INTERFACE "${GATEHOUSE_LLAMA_ROOT}/include" "${GATEHOUSE_LLAMA_ROOT}/ggml/include" "${GATEHOUSE_LLAMA_ROOT}/common" "${GATEHOUSE_LLAMA_ROOT}/vendor")
target_link_libraries(gh_llama INTERFACE llama_common llama_llama llama_ggml llama_ggml_base)
