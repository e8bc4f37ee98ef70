#include "gatehouse/wire/llm/generate.h"

#include <array>

#include "gatehouse/wire/json/codec.h"
#include "stop_codec.h"

namespace gatehouse::wire {

template <>
struct Description<GenerateRequest> {
  using G = GenerateRequest;
  static constexpr auto fields() {
    return std::array{
        field<&G::prompt>("prompt", "the text to continue, as it is: no chat template").length(1, 10'000).required(),
        field<&G::model>("model", "the model or an alias of it; without one, the default language model").length(1, 50),
        field<&G::max_tokens>("max_tokens", "at most so many tokens are generated").range(1, 4096).by_default("100"),
        field<&G::temperature>("temperature", "0 always takes the likeliest token; below 1 only with top_p left at 1")
            .range(0, 2)
            .by_default("0.7"),
        field<&G::top_p>("top_p",
                         "only the likeliest tokens that make up this much probability; below 1 only with temperature of at least 1")
            .range(0, 1)
            .by_default("1.0"),
        field<&G::n>("n", "how many answers; at most as many as the model answers at once").range(1, 5).by_default("1"),
        field<&G::stop>("stop", "the answer ends before the first of these").nullable(),
        field<&G::stream>("stream", "true: server-sent events").by_default("false"),
    };
  }
  static void across(JsonWriter& w) {
    w.member_raw("anyOf",
                 R"([{"properties":{"top_p":{"minimum":1}}},{"properties":{"temperature":{"minimum":1}},"required":["temperature"]}])");
  }
  static void check(const G& request, Reading& reading) {
    if (request.temperature >= 1 || request.top_p >= 1) return;
    std::string now;
    JsonWriter(now).value(request.temperature);
    reading.fault_at("top_p",
                     "cannot be below 1 together with temperature, which is " + now +
                         (now == "0.7" ? " unless the request says otherwise" : "") +
                         ": to use top_p send \"temperature\": 1, to use temperature leave top_p out",
                     "one of top_p and temperature to be at least 1");
  }
};

Result<GenerateRequest> read_generate_request(const JsonValue& body) { return read_described<GenerateRequest>(body); }
void generate_request_schema(JsonWriter& w) { write_schema_of<GenerateRequest>(w); }

}  // namespace gatehouse::wire
