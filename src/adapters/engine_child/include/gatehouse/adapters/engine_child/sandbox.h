// adapters/engine_child/sandbox.h — what an engine child gives up before it looks at a model file.
// Order    after the CPU backends are loaded, before the model: descriptors, limits, user, no-new-privileges, parent-death signal,
//          Landlock, seccomp
// Errors   sandbox_failed: the child must not go on
#pragma once
#include <cstdint>
#include <string>

#include "gatehouse/base/result.h"

namespace gatehouse::adapters {

struct SandboxOptions {
  bool seccomp = true;           // sanitizer builds run without it,
  bool address_limit = true;     // and without a limit on the address space
  std::uint64_t file_limit = 0;  // bytes that a file which is open already may come to; 0: none is written
};

// True in builds that the sandbox's seccomp filter would break.
bool sanitizer_build();

Status enter_sandbox(const SandboxOptions& options);

// For `gatehouse engine sandbox-check` and the tests: tries from inside what must be refused; one JSON object.
std::string probe_sandbox();

}  // namespace gatehouse::adapters
