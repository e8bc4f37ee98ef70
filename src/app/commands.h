// app/commands.h — one function a command; each returns the exit code of the process.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "configuration.h"
#include "options.h"

namespace gatehouse::app {

enum class Output : std::uint8_t { text, json };
enum class Example : std::uint8_t { toml, dotenv };

struct ServeOptions {
  std::string data = "./data";
  std::uint32_t reactors = 0;  // 0: one a core
  bool test_hooks = false;
  ConfigurationOptions configuration;
};

int serve(const ServeOptions& options);
int init(const ConfigurationOptions& options, const std::string& data, Output output);
int version(Output output);
int health(const std::string& url);
int openapi();
// exit_usage when the configuration is wrong. data: a folder that it is for, or empty.
int config_check(const ConfigurationOptions& options, const std::string& data, Output output);
// key: empty for all.
int config_explain(const ConfigurationOptions& options, const std::string& key, Output output);
int config_print(const ConfigurationOptions& options);
int config_example(Example example);
int http1_dump(std::size_t chunk);
int json_check();
int schema_grammar();
// exit_usage at the first line that is no call.
int limiter_replay();

struct JoseVerifyOptions {
  std::string jwks;
  std::vector<std::string> issuers, audiences;  // one of these; empty: any
  bool claims = false;
};
// One token on standard input.
int jose_verify(const JoseVerifyOptions& options);

// What a child of `serve` becomes: descriptors 3 (control) and 4 … (one a reactor of the front) are its only way out.
int engine_llama(std::size_t links);
// library: of ONNX Runtime; empty: the pinned one.
int engine_onnx(std::size_t links, const std::string& library);
int engine_sandbox_check();

// On standard error, with what to do about it where that is known.
int report(const Error& error);

extern const char* const version_text;
extern const char* const build_text;

}  // namespace gatehouse::app
