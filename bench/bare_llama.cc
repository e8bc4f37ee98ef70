// bench/bare_llama.cc — what libllama alone does with the shapes that Gatehouse serves: the floor to compare with.
//
//   bare_llama --model FILE [--streams N] [--prompt TEXT] [--tokens N] [--threads N] [--cells N]   tokens a second, CPU time
//   bare_llama --model FILE --print [--tokens N] [--system TEXT] < prompts   one user message a line; its greedy answer, escaped, a line
//
// No line of Gatehouse's is in here, so that equal answers mean something.
#include <chat.h>
#include <dlfcn.h>
#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <llama.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Options {
  std::string model, system, prompt = "Tell me a story about a lighthouse.";
  int streams = 1, tokens = 64, threads = 1, cells = 4096, chunk = 128;
  bool print = false;
};

Options read_options(int count, char** arguments) {
  std::map<std::string, std::string> given;
  Options o;
  for (int i = 1; i < count; ++i) {
    const std::string name = arguments[i];
    if (name == "--print")
      o.print = true;
    else if (i + 1 < count)
      given[name] = arguments[++i];
    else
      throw std::runtime_error(name + " needs a value");
  }
  const auto number = [&given](const char* name, int& value) {
    if (given.contains(name)) value = std::max(1, std::atoi(given[name].c_str()));
    given.erase(name);
  };
  number("--streams", o.streams);
  number("--tokens", o.tokens);
  number("--threads", o.threads);
  number("--cells", o.cells);
  number("--chunk", o.chunk);
  if (given.contains("--prompt")) o.prompt = given["--prompt"];
  o.system = given["--system"];
  given.erase("--system");
  o.model = given["--model"];
  given.erase("--prompt");
  given.erase("--model");
  if (!given.empty()) throw std::runtime_error("unknown option " + given.begin()->first);
  if (o.model.empty()) throw std::runtime_error("--model FILE is needed");
  return o;
}

double cpu_microseconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& t) { return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec); };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

void quiet(ggml_log_level level, const char* text, void*) {
  if (level == GGML_LOG_LEVEL_ERROR) std::fputs(text, stderr);
}

// A model, a context with as many sequences as streams, and the threads that compute.
class Bare {
 public:
  explicit Bare(const Options& options) : options_(options) {
    llama_log_set(quiet, nullptr);
    Dl_info info{};
    dladdr(llama_version(), &info);
    ggml_backend_load_all_from_path(std::filesystem::canonical(info.dli_fname).parent_path().c_str());
    llama_backend_init();
    llama_model_params model_params = llama_model_default_params();
    model_params.load_mode = LLAMA_LOAD_MODE_NONE;
    model_ = llama_model_load_from_file(options.model.c_str(), model_params);
    if (model_ == nullptr) throw std::runtime_error("cannot load " + options.model);
    vocab_ = llama_model_get_vocab(model_);
    make_context();
    attach_threads();
    templates_ = common_chat_templates_init(model_, "");
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;
  ~Bare() {
    llama_free(context_);
    if (pool_ != nullptr) free_pool_(pool_);
    llama_model_free(model_);
  }

  std::vector<llama_token> chat_tokens(const std::string& message) const {
    common_chat_templates_inputs inputs;
    if (!options_.system.empty()) {
      common_chat_msg system;
      system.role = "system";
      system.content = options_.system;
      inputs.messages.push_back(system);
    }
    common_chat_msg user;
    user.role = "user";
    user.content = message;
    inputs.messages.push_back(user);
    const std::string text = common_chat_templates_apply(templates_.get(), inputs).prompt;
    std::vector<llama_token> tokens(text.size() + 8);
    const int n =
        llama_tokenize(vocab_, text.data(), static_cast<int>(text.size()), tokens.data(), static_cast<int>(tokens.size()), true, true);
    if (n <= 0) throw std::runtime_error("the prompt cannot be tokenised");
    tokens.resize(static_cast<std::size_t>(n));
    return tokens;
  }

  // In chunks, each a pass of its own, as the engine does; returns the first token of the answer.
  llama_token prefill(int sequence, const std::vector<llama_token>& prompt) {
    const int length = static_cast<int>(prompt.size());
    for (int at = 0; at < length; at += options_.chunk) {
      const int end = std::min(at + options_.chunk, length);
      for (int i = at; i < end; ++i) add(sequence, i, prompt[static_cast<std::size_t>(i)], i + 1 == length);
      compute();
    }
    return best((length - 1) % options_.chunk);
  }

  // One token for every stream in one pass; next holds what each said last, and then what it says now.
  void step(std::vector<llama_token>& next, int position) {
    for (std::size_t s = 0; s < next.size(); ++s) add(static_cast<int>(s), position, next[s], true);
    compute();
    for (std::size_t s = 0; s < next.size(); ++s) next[s] = best(static_cast<int>(s));
  }

  std::string answer(const std::string& message) {
    const std::vector<llama_token> prompt = chat_tokens(message);
    std::string text;
    std::vector<llama_token> next{prefill(0, prompt)};
    for (int i = 0; i < options_.tokens && !llama_vocab_is_eog(vocab_, next[0]); ++i) {
      char piece[256];
      const int n = llama_token_to_piece(vocab_, next[0], piece, sizeof(piece), 0, false);
      text.append(piece, static_cast<std::size_t>(std::max(n, 0)));
      if (i + 1 < options_.tokens) step(next, static_cast<int>(prompt.size()) + i);
    }
    llama_memory_seq_rm(llama_get_memory(context_), 0, -1, -1);
    return text;
  }

 private:
  void make_context() {
    llama_context_params p = llama_context_default_params();
    p.n_seq_max = static_cast<std::uint32_t>(options_.streams);
    p.n_ctx = static_cast<std::uint32_t>(options_.streams * options_.cells);
    p.n_batch = p.n_ubatch = static_cast<std::uint32_t>(std::max({512, options_.chunk, options_.streams}));
    p.n_threads = p.n_threads_batch = options_.threads;
    p.kv_unified = false;
    p.no_perf = true;
    context_ = llama_init_from_model(model_, p);
    if (context_ == nullptr) throw std::runtime_error("no memory for the context");
  }
  void attach_threads() {
    ggml_backend_reg_t kernels = ggml_backend_dev_backend_reg(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU));
    const auto make = reinterpret_cast<decltype(&ggml_threadpool_new)>(ggml_backend_reg_get_proc_address(kernels, "ggml_threadpool_new"));
    free_pool_ = reinterpret_cast<decltype(&ggml_threadpool_free)>(ggml_backend_reg_get_proc_address(kernels, "ggml_threadpool_free"));
    ggml_threadpool_params params = ggml_threadpool_params_default(options_.threads);
    pool_ = make(&params);
    llama_attach_threadpool(context_, pool_, pool_);
  }
  void add(int sequence, int position, llama_token token, bool logits) {
    tokens_.push_back(token);
    positions_.push_back(position);
    sequences_.push_back(sequence);
    outputs_.push_back(logits ? 1 : 0);
  }
  void compute() {
    std::vector<std::int32_t> counts(tokens_.size(), 1);
    std::vector<llama_seq_id*> lists;
    for (llama_seq_id& sequence : sequences_) lists.push_back(&sequence);
    llama_batch batch{};
    batch.n_tokens = static_cast<std::int32_t>(tokens_.size());
    batch.token = tokens_.data();
    batch.pos = positions_.data();
    batch.n_seq_id = counts.data();
    batch.seq_id = lists.data();
    batch.logits = outputs_.data();
    const int code = llama_decode(context_, batch);
    tokens_.clear();
    positions_.clear();
    sequences_.clear();
    outputs_.clear();
    if (code != 0) throw std::runtime_error("llama_decode returned " + std::to_string(code));
  }
  llama_token best(int output) {
    const float* row = llama_get_logits_ith(context_, output);
    return static_cast<llama_token>(std::max_element(row, row + llama_vocab_n_tokens(vocab_)) - row);
  }

  const Options options_;
  llama_model* model_ = nullptr;
  llama_context* context_ = nullptr;
  const llama_vocab* vocab_ = nullptr;
  common_chat_templates_ptr templates_;
  ggml_threadpool_t pool_ = nullptr;
  decltype(&ggml_threadpool_free) free_pool_ = nullptr;
  std::vector<llama_token> tokens_;
  std::vector<llama_pos> positions_;
  std::vector<llama_seq_id> sequences_;
  std::vector<std::int8_t> outputs_;
};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\\')
      out += "\\\\";
    else
      out += c;
  }
  return out;
}

// The answers do not end where the model would: every stream makes as many tokens as were asked for.
void measure(Bare& bare, const Options& o) {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); };
  const std::vector<llama_token> prompt = bare.chat_tokens(o.prompt);
  if (static_cast<int>(prompt.size()) + o.tokens > o.cells) throw std::runtime_error("prompt and tokens are more than the cells");
  const double cpu_start = cpu_microseconds();
  const auto start = Clock::now();
  std::vector<llama_token> next;
  for (int s = 0; s < o.streams; ++s) next.push_back(bare.prefill(s, prompt));
  const double prefill_seconds = since(start), cpu_prefill = cpu_microseconds() - cpu_start;
  const auto decode_start = Clock::now();
  for (int i = 1; i < o.tokens; ++i) bare.step(next, static_cast<int>(prompt.size()) + i - 1);
  const double decode_seconds = since(decode_start), cpu_all = cpu_microseconds() - cpu_start;
  const double decoded = static_cast<double>(o.streams) * (o.tokens - 1), made = decoded + o.streams;
  std::printf(
      "{\"streams\":%d,\"threads\":%d,\"prompt_tokens\":%zu,\"tokens\":%d,\"prefill_tokens_per_second\":%.1f,"
      "\"decode_tokens_per_second\":%.1f,\"whole_tokens_per_second\":%.1f,\"decode_cpu_us_per_token\":%.1f,\"whole_cpu_us_per_token\":%.1f}"
      "\n",
      o.streams, o.threads, prompt.size(), o.tokens, static_cast<double>(prompt.size()) * o.streams / prefill_seconds,
      decoded > 0 ? decoded / decode_seconds : 0.0, made / (prefill_seconds + decode_seconds),
      decoded > 0 ? (cpu_all - cpu_prefill) / decoded : 0.0, cpu_all / made);
}

}  // namespace

int main(int count, char** arguments) try {
  const Options options = read_options(count, arguments);
  Bare bare(options);
  if (!options.print) return measure(bare, options), 0;
  for (std::string line; std::getline(std::cin, line);) std::cout << escaped(bare.answer(line)) << std::endl;
  return 0;
} catch (const std::exception& why) {
  std::fprintf(stderr, "bare_llama: %s\n", why.what());
  return 1;
}
