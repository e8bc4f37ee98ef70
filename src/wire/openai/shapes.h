// wire/openai/shapes.h — parts that chat and completion requests share: descriptions of the same members, and of what has no effect.
#pragma once
#include <array>

#include "bias_codec.h"
#include "gatehouse/wire/json/codec.h"
#include "gatehouse/wire/openai/chat.h"
#include "llm/stop_codec.h"

namespace gatehouse::wire {

template <>
struct Description<StreamOptions> {
  static constexpr auto fields() {
    return std::array{
        field<&StreamOptions::include_usage>("include_usage", "one more chunk before [DONE] holds the usage of the whole answer")
            .nullable()
            .by_default("false"),
        field_without_effect<bool>("include_obfuscation", "accepted without effect").nullable(),
    };
  }
};

// Objects that are looked at no further than to count them: tools.
template <auto member, auto count>
constexpr Field counted_field(std::string_view name, std::string_view doc) {
  using Owner = typename MemberOf<decltype(member)>::Owner;
  using Seen = typename MemberOf<decltype(count)>::Owner;
  return {.name = name,
          .doc = doc,
          .read =
              [](const JsonValue& v, void* owner, const Rules& rules, Reading& r) {
                Seen seen;
                Codec<Seen>::read(v, seen, rules, r);
                static_cast<Owner*>(owner)->*member += seen.*count;
              },
          .schema = &Codec<Seen>::schema};
}

// What both messages have; R is either.
template <class R>
constexpr auto sampling_fields() {
  return std::array{
      field<&R::temperature>("temperature", "0 always takes the likeliest token").range(0, 2).nullable().by_default("1"),
      field<&R::top_p>("top_p", "only the likeliest tokens that make up this much probability").range(0, 1).nullable().by_default("1"),
      field<&R::top_k>("top_k", "only so many of the likeliest tokens; 0 and -1: all").range(-1, 2'147'483'647).nullable().by_default("0"),
      field<&R::min_p>("min_p", "only tokens at least this likely, measured by the likeliest").range(0, 1).nullable().by_default("0"),
      field<&R::seed>("seed", "the same seed gives the same answer, as far as possible; -1: any").nullable(),
      field<&R::stop>("stop", "the answer ends before the first of these").nullable(),
      field<&R::stream>("stream", "true: server-sent events").nullable().by_default("false"),
      field<&R::stream_options>("stream_options", "only with stream: true").nullable(),
      field<&R::n>("n", "how many answers to the one prompt, which is computed once; at most as many as the model answers at once")
          .range(1, 128)
          .nullable()
          .by_default("1"),
      field<&R::frequency_penalty>("frequency_penalty", "off a token's logit for each time that the answer already has it")
          .range(-2, 2)
          .nullable()
          .by_default("0"),
      field<&R::presence_penalty>("presence_penalty", "off the logit of every token that the answer already has")
          .range(-2, 2)
          .nullable()
          .by_default("0"),
      field<&R::logit_bias>("logit_bias", "what is added to the logits of tokens, by token id of the model").nullable(),
  };
}

inline constexpr std::array<std::string_view, 1> modalities{"text"};

// What the OpenAI dialect knows and a language model of ours has no use for.
constexpr auto fields_without_effect() {
  return std::array{
      field_without_effect<std::string>("user", "accepted without effect").nullable(),
      field_without_effect<AnyObject>("metadata", "accepted without effect").nullable(),
      field_without_effect<bool>("store", "accepted without effect").nullable(),
      field_without_effect<std::string>("safety_identifier", "accepted without effect").nullable(),
      field_without_effect<std::string>("prompt_cache_key", "accepted without effect").nullable(),
      field_without_effect<std::string>("service_tier", "accepted without effect").nullable(),
      field_without_effect<std::string>("reasoning_effort", "accepted without effect").nullable(),
      field_without_effect<std::string>("verbosity", "accepted without effect").nullable(),
      field_without_effect<AnyObject>("prediction", "accepted without effect").nullable(),
      field_without_effect<std::vector<std::string>>("modalities", "only text").choices(modalities).nullable(),
  };
}

inline void check_stream_options(bool given, bool stream, Reading& reading) {
  if (given && !stream) reading.fault_at("stream_options", "is only allowed together with stream", "\"stream\": true beside it");
}

inline constexpr std::int64_t most_tokens = 2'147'483'647;

}  // namespace gatehouse::wire
