/* SPDX-License-Identifier: BSD-2-Clause */
#include "json.h"

#include <string.h>

static void start_member(struct json *json, const char *key)
{
    bool *has_members = &json->has_members[json->depth];

    if (json->depth)
        fprintf(json->out, "%s\n%*s", *has_members ? "," : "", 2 * json->depth, "");
    *has_members = true;
    if (key)
        fprintf(json->out, "\"%s\": ", key);
}

void json_open(struct json *json, const char *key, char bracket)
{
    start_member(json, key);
    fputc(bracket, json->out);
    json->has_members[++json->depth] = false;
}

void json_close(struct json *json, char bracket)
{
    bool has_members = json->has_members[json->depth--];

    if (has_members)
        fprintf(json->out, "\n%*s", 2 * json->depth, "");
    fputc(bracket, json->out);
    if (!json->depth)
        fputc('\n', json->out);
}

static void write_string(struct json *json, const char *text, size_t length)
{
    fputc('"', json->out);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '"' || c == '\\')
            fprintf(json->out, "\\%c", c);
        else if (c < ' ' || c > '~')
            fprintf(json->out, "\\u%04x", c);
        else
            fputc(c, json->out);
    }
    fputc('"', json->out);
}

void json_bytes(struct json *json, const char *key, const char *text, size_t length)
{
    start_member(json, key);
    write_string(json, text, length);
}

void json_member(struct json *json, const char *key, size_t key_length, const char *text,
                 size_t length)
{
    start_member(json, NULL);
    write_string(json, key, key_length);
    fprintf(json->out, ": ");
    write_string(json, text, length);
}

void json_text(struct json *json, const char *key, const char *text)
{
    json_bytes(json, key, text, strlen(text));
}

void json_number(struct json *json, const char *key, long long value)
{
    start_member(json, key);
    fprintf(json->out, "%lld", value);
}

void json_bool(struct json *json, const char *key, bool value)
{
    start_member(json, key);
    fputs(value ? "true" : "false", json->out);
}

void json_hex(struct json *json, const char *key, unsigned long value, int digits)
{
    start_member(json, key);
    fprintf(json->out, "\"%0*lx\"", digits, value);
}
