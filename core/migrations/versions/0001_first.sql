CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;

CREATE FUNCTION public.announce_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('changes', TG_TABLE_NAME);
    RETURN NULL;
END $$;

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE public.acknowledgement (
    channel text NOT NULL,
    address text NOT NULL,
    sent_at timestamp with time zone NOT NULL
);

CREATE TABLE public.address (
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    company text DEFAULT ''::text NOT NULL,
    street text NOT NULL,
    postcode text NOT NULL,
    city text NOT NULL,
    country text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.api_answer (
    token_id uuid NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status integer NOT NULL,
    body bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.api_token (
    id uuid NOT NULL,
    name text NOT NULL,
    beginning text NOT NULL,
    token_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone
);

CREATE TABLE public.article (
    id uuid NOT NULL,
    category_id uuid CONSTRAINT article_category_id_not_null1 NOT NULL,
    slug text NOT NULL,
    locale text DEFAULT 'en'::text NOT NULL,
    title text NOT NULL,
    summary text DEFAULT ''::text NOT NULL,
    body text NOT NULL,
    html text DEFAULT ''::text NOT NULL,
    plain text DEFAULT ''::text NOT NULL,
    translations jsonb DEFAULT '{}'::jsonb NOT NULL,
    drafts jsonb DEFAULT '{}'::jsonb NOT NULL,
    drafted_at timestamp with time zone,
    "position" integer DEFAULT 0 NOT NULL,
    published_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    words tsvector GENERATED ALWAYS AS (((setweight(to_tsvector('english'::regconfig, title), 'A'::"char") || setweight(to_tsvector('english'::regconfig, summary), 'B'::"char")) || to_tsvector('english'::regconfig, plain))) STORED NOT NULL
);

CREATE TABLE public.article_category (
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    icon text DEFAULT 'book-open'::text NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    translations jsonb DEFAULT '{}'::jsonb NOT NULL
);

CREATE TABLE public.article_views (
    article_id uuid NOT NULL,
    day date NOT NULL,
    views integer NOT NULL
);

CREATE TABLE public.article_vote (
    id uuid NOT NULL,
    article_id uuid NOT NULL,
    voter text NOT NULL,
    helpful boolean NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    comment text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone,
    CONSTRAINT ck_article_vote_reason CHECK ((reason = ANY (ARRAY[''::text, 'unclear'::text, 'wrong'::text, 'missing'::text, 'other'::text])))
);

CREATE TABLE public.attachment (
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    sha256 text NOT NULL,
    filename text NOT NULL,
    content_type text NOT NULL,
    size integer NOT NULL,
    content_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.attributed_order (
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    order_id uuid NOT NULL,
    broadcast_id uuid NOT NULL,
    recipient_id uuid NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    placed_at timestamp with time zone NOT NULL
);

CREATE TABLE public.blob (
    sha256 text NOT NULL,
    content bytea,
    name text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    scanned text DEFAULT 'unchecked'::text NOT NULL,
    scanned_at timestamp with time zone,
    found text,
    CONSTRAINT ck_blob_somewhere CHECK (((content IS NOT NULL) OR (name IS NOT NULL)))
);

CREATE TABLE public.broadcast (
    id uuid NOT NULL,
    name text NOT NULL,
    channel text NOT NULL,
    topic text NOT NULL,
    segment_id uuid,
    format text DEFAULT 'markdown'::text NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    body text DEFAULT ''::text NOT NULL,
    state text DEFAULT 'draft'::text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    scheduled_at timestamp with time zone,
    compiled jsonb,
    audience integer,
    created_by uuid,
    launched_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    launched_at timestamp with time zone,
    finished_at timestamp with time zone,
    CONSTRAINT ck_broadcast_channel CHECK ((channel = ANY (ARRAY['email'::text, 'sms'::text])))
);

CREATE TABLE public.broadcast_recipient (
    id uuid NOT NULL,
    broadcast_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    state text NOT NULL,
    reason text,
    message_id uuid,
    sent_at timestamp with time zone,
    delivered_at timestamp with time zone,
    human_click_at timestamp with time zone,
    unsubscribed_at timestamp with time zone
);

CREATE TABLE public.campaign_click (
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    recipient_id uuid NOT NULL,
    link_id uuid NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    method text NOT NULL,
    agent text NOT NULL,
    human boolean,
    reason text DEFAULT ''::text NOT NULL
);

CREATE TABLE public.campaign_link (
    id uuid NOT NULL,
    broadcast_id uuid NOT NULL,
    "position" smallint NOT NULL,
    url text NOT NULL
);

CREATE TABLE public.cart (
    id uuid NOT NULL,
    customer_id uuid,
    currency text DEFAULT 'EUR'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    order_id uuid,
    merged_into_id uuid
);

CREATE TABLE public.cart_line (
    cart_id uuid NOT NULL,
    sku_id uuid NOT NULL,
    quantity integer NOT NULL,
    added_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ck_cart_line_quantity CHECK (((quantity >= 1) AND (quantity <= 99)))
);

CREATE TABLE public.category (
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    picture text DEFAULT ''::text NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    translations jsonb DEFAULT '{}'::jsonb NOT NULL,
    parent_id uuid,
    retired_at timestamp with time zone,
    moved_to_id uuid
);

CREATE TABLE public.consent_record (
    id bigint NOT NULL,
    customer_id uuid NOT NULL,
    channel text NOT NULL,
    topic text NOT NULL,
    granted boolean NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    source text NOT NULL,
    wording text DEFAULT ''::text NOT NULL,
    actor text DEFAULT 'customer'::text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE SEQUENCE public.consent_record_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.consent_record_id_seq OWNED BY public.consent_record.id;

CREATE TABLE public.conversation (
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    channel text NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    account text DEFAULT ''::text NOT NULL,
    last_seq bigint DEFAULT '0'::bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_message_at timestamp with time zone DEFAULT now() NOT NULL,
    closed_at timestamp with time zone
);

CREATE TABLE public.customer (
    id uuid NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    company text DEFAULT ''::text NOT NULL,
    locale text DEFAULT 'en'::text NOT NULL,
    time_zone text DEFAULT 'Europe/Berlin'::text NOT NULL,
    source text DEFAULT ''::text NOT NULL,
    attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    merged_into_id uuid
);

CREATE TABLE public.customer_traits (
    customer_id uuid NOT NULL,
    orders integer DEFAULT 0 NOT NULL,
    spend bigint DEFAULT '0'::bigint NOT NULL,
    first_order_at timestamp with time zone,
    last_order_at timestamp with time zone,
    messages_in integer DEFAULT 0 NOT NULL,
    last_message_in_at timestamp with time zone,
    tickets integer DEFAULT 0 NOT NULL,
    campaigns_sent integer DEFAULT 0 NOT NULL,
    campaigns_clicked integer DEFAULT 0 NOT NULL,
    last_click_at timestamp with time zone,
    last_seen_at timestamp with time zone,
    CONSTRAINT ck_customer_traits_orders CHECK ((orders >= 0))
);

CREATE TABLE public.delivery_attempt (
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    job_id bigint NOT NULL,
    job_attempt integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    outcome text NOT NULL,
    detail text DEFAULT ''::text NOT NULL
);

CREATE TABLE public.draft (
    staff_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    mode text NOT NULL,
    body text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.endpoint (
    id uuid NOT NULL,
    name text NOT NULL,
    url text NOT NULL,
    kinds text[] NOT NULL,
    secret bytea NOT NULL,
    old_secret bytea,
    old_secret_until timestamp with time zone,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    failing_since timestamp with time zone,
    disabled_at timestamp with time zone,
    disabled_reason text
);

CREATE TABLE public.endpoint_attempt (
    id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    status integer,
    answer text DEFAULT ''::text NOT NULL,
    error text,
    ms integer NOT NULL
);

CREATE TABLE public.endpoint_delivery (
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    customer_id uuid,
    entry_id uuid,
    kind text NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    round integer DEFAULT 1 NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    last_status integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    wanted_at timestamp with time zone DEFAULT now() NOT NULL,
    delivered_at timestamp with time zone
);

CREATE TABLE public.fetched_folder (
    name text NOT NULL,
    uid_validity bigint NOT NULL,
    last_uid bigint DEFAULT '0'::bigint NOT NULL,
    fetched_at timestamp with time zone,
    trouble text,
    set_aside bigint[] DEFAULT '{}'::bigint[] NOT NULL
);

CREATE TABLE public.former_price (
    id uuid NOT NULL,
    sku_id uuid NOT NULL,
    price bigint NOT NULL,
    until timestamp with time zone NOT NULL
);

CREATE TABLE public.former_slug (
    slug text NOT NULL,
    category_id uuid NOT NULL
);

CREATE TABLE public.identity (
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    verified_at timestamp with time zone,
    verified_by text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.invoice (
    id uuid NOT NULL,
    kind text DEFAULT 'invoice'::text NOT NULL,
    customer_id uuid NOT NULL,
    order_id uuid,
    credits_id uuid,
    series text DEFAULT ''::text NOT NULL,
    number integer,
    status text NOT NULL,
    currency text NOT NULL,
    locale text DEFAULT 'en'::text NOT NULL,
    total bigint NOT NULL,
    taxes jsonb NOT NULL,
    seller jsonb NOT NULL,
    buyer jsonb NOT NULL,
    email text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    days_to_pay integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    issued_on date,
    due_on date,
    paid_at timestamp with time zone,
    voided_at timestamp with time zone,
    CONSTRAINT ck_invoice_numbered CHECK (((number IS NULL) = (status = 'draft'::text)))
);

CREATE TABLE public.invoice_line (
    id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    quantity integer NOT NULL,
    unit_price bigint NOT NULL,
    discount bigint DEFAULT '0'::bigint NOT NULL,
    total bigint NOT NULL,
    tax_rate numeric(6,4)
);

CREATE TABLE public.invoice_link (
    token_hash text NOT NULL,
    invoice_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone
);

CREATE TABLE public.invoice_series (
    series text NOT NULL,
    last_number integer DEFAULT 0 NOT NULL
);

CREATE TABLE public.job (
    id bigint NOT NULL,
    queue text NOT NULL,
    tag text NOT NULL,
    payload text NOT NULL,
    key text,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    leased_until timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    started integer DEFAULT 0 NOT NULL,
    tries smallint DEFAULT 0 NOT NULL,
    dead_at timestamp with time zone,
    error text,
    trace text
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='500', autovacuum_vacuum_cost_delay='0');

ALTER TABLE public.job ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.lead (
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    source text NOT NULL,
    interest text DEFAULT ''::text NOT NULL,
    message text DEFAULT ''::text NOT NULL,
    origin jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.macro (
    id uuid NOT NULL,
    name text NOT NULL,
    body text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    removed_at timestamp with time zone
);

CREATE TABLE public.mailbox (
    address text NOT NULL,
    team_id uuid NOT NULL
);

CREATE TABLE public.message (
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    conversation_id uuid,
    seq bigint,
    direction text NOT NULL,
    channel text NOT NULL,
    status text NOT NULL,
    purpose text DEFAULT 'transactional'::text NOT NULL,
    topic text DEFAULT ''::text NOT NULL,
    account text DEFAULT ''::text NOT NULL,
    sender text NOT NULL,
    sender_name text DEFAULT ''::text NOT NULL,
    recipients jsonb NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    html text,
    headers jsonb DEFAULT '{}'::jsonb NOT NULL,
    author text NOT NULL,
    staff_id uuid,
    verified boolean DEFAULT false NOT NULL,
    automated boolean DEFAULT false NOT NULL,
    source_kind text,
    source_id uuid,
    rfc_message_id text,
    in_reply_to_id uuid,
    external_id text,
    release_at timestamp with time zone,
    reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    written_at timestamp with time zone,
    sent_at timestamp with time zone,
    delivered_at timestamp with time zone
);

CREATE TABLE public.message_reference (
    rfc_message_id text NOT NULL,
    conversation_id uuid,
    message_id uuid
);

CREATE TABLE public.missed_copy (
    message_id uuid NOT NULL,
    address text NOT NULL,
    reason text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    release_at timestamp with time zone
);

CREATE TABLE public.money_task (
    id uuid NOT NULL,
    kind text NOT NULL,
    source_key text NOT NULL,
    title text NOT NULL,
    facts jsonb NOT NULL,
    payment_id uuid,
    order_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    done_at timestamp with time zone,
    done_by uuid
);

CREATE TABLE public.note (
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq bigint NOT NULL,
    staff_id uuid NOT NULL,
    body text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.obstacle (
    channel text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    tries integer NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    reason text NOT NULL
);

CREATE TABLE public.order_line (
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    "position" integer NOT NULL,
    sku_id uuid NOT NULL,
    sku_code text NOT NULL,
    name text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    picture text DEFAULT ''::text NOT NULL,
    slug text DEFAULT ''::text NOT NULL,
    quantity integer NOT NULL,
    unit_price bigint NOT NULL,
    discount bigint DEFAULT '0'::bigint NOT NULL,
    total bigint NOT NULL,
    tax_rate numeric(6,4) NOT NULL
);

CREATE SEQUENCE public.order_number
    START WITH 10001
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.orders (
    id uuid NOT NULL,
    number text NOT NULL,
    customer_id uuid NOT NULL,
    cart_id uuid,
    status text NOT NULL,
    email text NOT NULL,
    phone text DEFAULT ''::text NOT NULL,
    delivery_address jsonb NOT NULL,
    billing_address jsonb NOT NULL,
    currency text NOT NULL,
    locale text DEFAULT 'en'::text NOT NULL,
    goods bigint NOT NULL,
    discount bigint DEFAULT '0'::bigint NOT NULL,
    shipping bigint NOT NULL,
    total bigint NOT NULL,
    taxes jsonb NOT NULL,
    shipping_code text NOT NULL,
    shipping_name text NOT NULL,
    payment_code text NOT NULL,
    instructions text DEFAULT ''::text NOT NULL,
    carrier text DEFAULT ''::text NOT NULL,
    tracking text DEFAULT ''::text NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    paid_at timestamp with time zone,
    packed_at timestamp with time zone,
    shipped_at timestamp with time zone,
    delivered_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    cancel_reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT ck_orders_total CHECK ((total = ((goods - discount) + shipping)))
);

CREATE TABLE public.payment (
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    order_id uuid,
    method text NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    amount bigint NOT NULL,
    refunded bigint DEFAULT '0'::bigint NOT NULL,
    currency text NOT NULL,
    reference text DEFAULT ''::text NOT NULL,
    idempotency_key text NOT NULL,
    request jsonb DEFAULT '{}'::jsonb NOT NULL,
    provider_session text,
    provider_payment text,
    url text,
    reason text DEFAULT ''::text NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    checked_at timestamp with time zone DEFAULT now() NOT NULL,
    settled_at timestamp with time zone,
    CONSTRAINT ck_payment_amount CHECK (((amount > 0) AND ((refunded >= 0) AND (refunded <= amount))))
);

CREATE TABLE public.payment_method (
    id uuid NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    translations jsonb DEFAULT '{}'::jsonb NOT NULL,
    instructions jsonb DEFAULT '{}'::jsonb NOT NULL,
    days_to_pay integer DEFAULT 0 NOT NULL,
    for_companies boolean DEFAULT false NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    "position" integer DEFAULT 0 NOT NULL
);

CREATE TABLE public.picture_file (
    digest text NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL
);

CREATE TABLE public.picture_sender (
    address text NOT NULL,
    staff_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.product (
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    tagline text DEFAULT ''::text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    specification jsonb DEFAULT '[]'::jsonb NOT NULL,
    translations jsonb DEFAULT '{}'::jsonb NOT NULL,
    category_id uuid NOT NULL,
    picture text DEFAULT ''::text NOT NULL,
    tax_category text DEFAULT 'standard'::text NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    document text DEFAULT ''::text NOT NULL,
    search tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, document)) STORED NOT NULL
);

CREATE TABLE public.product_picture (
    id uuid NOT NULL,
    product_id uuid NOT NULL,
    file text NOT NULL,
    sku_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    alt text DEFAULT ''::text NOT NULL,
    translations jsonb DEFAULT '{}'::jsonb NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    removed_at timestamp with time zone
);

CREATE TABLE public.received_mail (
    id uuid NOT NULL,
    mailbox text NOT NULL,
    digest text NOT NULL,
    mail_from text NOT NULL,
    rcpt_to jsonb NOT NULL,
    raw bytea NOT NULL,
    vouched_by text,
    found_out text,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    processed_at timestamp with time zone,
    quarantined text,
    message_id uuid
);

CREATE TABLE public.received_webhook (
    id uuid NOT NULL,
    provider text NOT NULL,
    external_id text NOT NULL,
    body bytea NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    processed_at timestamp with time zone,
    quarantined text
);

CREATE TABLE public.refund (
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    credit_note_id uuid,
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    idempotency_key text NOT NULL,
    provider_refund text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    checked_at timestamp with time zone DEFAULT now() NOT NULL,
    settled_at timestamp with time zone,
    CONSTRAINT ck_refund_amount CHECK ((amount > 0))
);

CREATE TABLE public.reserved_name (
    name text NOT NULL,
    sha256 text NOT NULL,
    reserved_at timestamp with time zone DEFAULT now() NOT NULL,
    forsaken boolean DEFAULT false NOT NULL
);

CREATE TABLE public.review (
    id uuid NOT NULL,
    product_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    order_id uuid NOT NULL,
    rating integer NOT NULL,
    body text DEFAULT ''::text NOT NULL,
    author text NOT NULL,
    locale text DEFAULT 'en'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    judged_at timestamp with time zone,
    judged_by uuid,
    hidden_at timestamp with time zone,
    CONSTRAINT ck_review_judged CHECK (((hidden_at IS NULL) OR (judged_at IS NOT NULL))),
    CONSTRAINT ck_review_rating CHECK (((rating >= 1) AND (rating <= 5)))
);

CREATE TABLE public.segment (
    id uuid NOT NULL,
    name text NOT NULL,
    definition jsonb NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.seller (
    id integer DEFAULT 1 NOT NULL,
    facts jsonb NOT NULL,
    CONSTRAINT ck_seller_one CHECK ((id = 1))
);

CREATE TABLE public.shipping_method (
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    promise text DEFAULT ''::text NOT NULL,
    translations jsonb DEFAULT '{}'::jsonb NOT NULL,
    price bigint NOT NULL,
    tiers jsonb DEFAULT '[]'::jsonb NOT NULL,
    tiers_by text DEFAULT 'goods'::text NOT NULL,
    free_from integer,
    countries text[] NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    "position" integer DEFAULT 0 NOT NULL
);

CREATE TABLE public.sign_in (
    id uuid NOT NULL,
    email text NOT NULL,
    browser_hash bytea NOT NULL,
    code_hash bytea NOT NULL,
    link_hash bytea NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT ck_sign_in_attempts CHECK ((attempts <= 5))
);

CREATE TABLE public.signature (
    staff_id uuid NOT NULL,
    body text NOT NULL
);

CREATE TABLE public.sku (
    id uuid NOT NULL,
    product_id uuid NOT NULL,
    code text NOT NULL,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    picture text DEFAULT ''::text NOT NULL,
    price bigint NOT NULL,
    regular_price bigint,
    reduced_at timestamp with time zone,
    currency text DEFAULT 'EUR'::text NOT NULL,
    weight integer DEFAULT 0 NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    CONSTRAINT ck_sku_price CHECK ((price >= 0)),
    CONSTRAINT ck_sku_reduced CHECK (((regular_price IS NULL) OR ((regular_price > price) AND (reduced_at IS NOT NULL))))
);

CREATE TABLE public.staff (
    id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    roles text[] NOT NULL,
    password_hash text NOT NULL,
    session_epoch integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    disabled_at timestamp with time zone
);

CREATE TABLE public.stock (
    sku_id uuid NOT NULL,
    on_hand integer DEFAULT 0 NOT NULL,
    reserved integer DEFAULT 0 NOT NULL,
    CONSTRAINT ck_stock_reserved CHECK (((reserved >= 0) AND (reserved <= on_hand)))
);

CREATE TABLE public.stock_hold (
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    sku_id uuid NOT NULL,
    quantity integer NOT NULL,
    status text NOT NULL,
    expires_at timestamp with time zone
);

CREATE TABLE public.store_edit (
    id uuid NOT NULL,
    noun text NOT NULL,
    name text NOT NULL,
    staff_id uuid,
    edited_at timestamp with time zone DEFAULT now() NOT NULL,
    facts jsonb NOT NULL
);

CREATE TABLE public.suppression (
    id uuid NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    scope text NOT NULL,
    reason text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.tax_rate (
    country text NOT NULL,
    category text NOT NULL,
    valid_from date DEFAULT '2000-01-01'::date NOT NULL,
    rate numeric(6,4) NOT NULL
);

CREATE TABLE public.team (
    id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.team_member (
    team_id uuid NOT NULL,
    staff_id uuid NOT NULL
);

CREATE TABLE public.team_signature (
    team_id uuid NOT NULL,
    body text NOT NULL
);

CREATE TABLE public.ticket (
    id uuid NOT NULL,
    number integer NOT NULL,
    customer_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    status text DEFAULT 'new'::text NOT NULL,
    priority text DEFAULT 'normal'::text NOT NULL,
    assignee_id uuid,
    team_id uuid,
    cycle smallint DEFAULT '1'::smallint NOT NULL,
    waiting_since timestamp with time zone,
    snoozed_until timestamp with time zone,
    solved_seq bigint,
    solved_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.ticket_cycle (
    ticket_id uuid NOT NULL,
    cycle smallint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    started_seq bigint NOT NULL,
    first_response_due_at timestamp with time zone NOT NULL,
    solution_due_at timestamp with time zone NOT NULL,
    first_response_at timestamp with time zone,
    solved_at timestamp with time zone
);

CREATE TABLE public.ticket_event (
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq bigint NOT NULL,
    staff_id uuid,
    kind text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.ticket ALTER COLUMN number ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.ticket_number_seq
    START WITH 1001
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.timeline_entry (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    subject_id uuid,
    source_key text NOT NULL,
    payload jsonb NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.visit (
    token_hash bytea NOT NULL,
    customer_id uuid,
    staff_id uuid,
    staff_epoch integer,
    cart_id uuid,
    cart_count integer DEFAULT 0 NOT NULL,
    chat_id uuid,
    locale text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.consent_record ALTER COLUMN id SET DEFAULT nextval('public.consent_record_id_seq'::regclass);

ALTER TABLE ONLY public.acknowledgement
    ADD CONSTRAINT pk_acknowledgement PRIMARY KEY (channel, address);

ALTER TABLE ONLY public.address
    ADD CONSTRAINT pk_address PRIMARY KEY (id);

ALTER TABLE ONLY public.api_answer
    ADD CONSTRAINT pk_api_answer PRIMARY KEY (token_id, key);

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT pk_api_token PRIMARY KEY (id);

ALTER TABLE ONLY public.article
    ADD CONSTRAINT pk_article PRIMARY KEY (id);

ALTER TABLE ONLY public.article_category
    ADD CONSTRAINT pk_article_category PRIMARY KEY (id);

ALTER TABLE ONLY public.article_views
    ADD CONSTRAINT pk_article_views PRIMARY KEY (article_id, day);

ALTER TABLE ONLY public.article_vote
    ADD CONSTRAINT pk_article_vote PRIMARY KEY (id);

ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT pk_attachment PRIMARY KEY (id);

ALTER TABLE ONLY public.attributed_order
    ADD CONSTRAINT pk_attributed_order PRIMARY KEY (id);

ALTER TABLE ONLY public.blob
    ADD CONSTRAINT pk_blob PRIMARY KEY (sha256);

ALTER TABLE ONLY public.broadcast
    ADD CONSTRAINT pk_broadcast PRIMARY KEY (id);

ALTER TABLE ONLY public.broadcast_recipient
    ADD CONSTRAINT pk_broadcast_recipient PRIMARY KEY (id);

ALTER TABLE ONLY public.campaign_click
    ADD CONSTRAINT pk_campaign_click PRIMARY KEY (id);

ALTER TABLE ONLY public.campaign_link
    ADD CONSTRAINT pk_campaign_link PRIMARY KEY (id);

ALTER TABLE ONLY public.cart
    ADD CONSTRAINT pk_cart PRIMARY KEY (id);

ALTER TABLE ONLY public.cart_line
    ADD CONSTRAINT pk_cart_line PRIMARY KEY (cart_id, sku_id);

ALTER TABLE ONLY public.category
    ADD CONSTRAINT pk_category PRIMARY KEY (id);

ALTER TABLE ONLY public.consent_record
    ADD CONSTRAINT pk_consent_record PRIMARY KEY (id);

ALTER TABLE ONLY public.conversation
    ADD CONSTRAINT pk_conversation PRIMARY KEY (id);

ALTER TABLE ONLY public.customer
    ADD CONSTRAINT pk_customer PRIMARY KEY (id);

ALTER TABLE ONLY public.customer_traits
    ADD CONSTRAINT pk_customer_traits PRIMARY KEY (customer_id);

ALTER TABLE ONLY public.delivery_attempt
    ADD CONSTRAINT pk_delivery_attempt PRIMARY KEY (id);

ALTER TABLE ONLY public.draft
    ADD CONSTRAINT pk_draft PRIMARY KEY (staff_id, conversation_id, mode);

ALTER TABLE ONLY public.endpoint
    ADD CONSTRAINT pk_endpoint PRIMARY KEY (id);

ALTER TABLE ONLY public.endpoint_attempt
    ADD CONSTRAINT pk_endpoint_attempt PRIMARY KEY (id);

ALTER TABLE ONLY public.endpoint_delivery
    ADD CONSTRAINT pk_endpoint_delivery PRIMARY KEY (id);

ALTER TABLE ONLY public.fetched_folder
    ADD CONSTRAINT pk_fetched_folder PRIMARY KEY (name);

ALTER TABLE ONLY public.former_price
    ADD CONSTRAINT pk_former_price PRIMARY KEY (id);

ALTER TABLE ONLY public.former_slug
    ADD CONSTRAINT pk_former_slug PRIMARY KEY (slug);

ALTER TABLE ONLY public.identity
    ADD CONSTRAINT pk_identity PRIMARY KEY (id);

ALTER TABLE ONLY public.invoice
    ADD CONSTRAINT pk_invoice PRIMARY KEY (id);

ALTER TABLE ONLY public.invoice_line
    ADD CONSTRAINT pk_invoice_line PRIMARY KEY (id);

ALTER TABLE ONLY public.invoice_link
    ADD CONSTRAINT pk_invoice_link PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.invoice_series
    ADD CONSTRAINT pk_invoice_series PRIMARY KEY (series);

ALTER TABLE ONLY public.job
    ADD CONSTRAINT pk_job PRIMARY KEY (id);

ALTER TABLE ONLY public.lead
    ADD CONSTRAINT pk_lead PRIMARY KEY (id);

ALTER TABLE ONLY public.macro
    ADD CONSTRAINT pk_macro PRIMARY KEY (id);

ALTER TABLE ONLY public.mailbox
    ADD CONSTRAINT pk_mailbox PRIMARY KEY (address);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT pk_message PRIMARY KEY (id);

ALTER TABLE ONLY public.message_reference
    ADD CONSTRAINT pk_message_reference PRIMARY KEY (rfc_message_id);

ALTER TABLE ONLY public.missed_copy
    ADD CONSTRAINT pk_missed_copy PRIMARY KEY (message_id, address);

ALTER TABLE ONLY public.money_task
    ADD CONSTRAINT pk_money_task PRIMARY KEY (id);

ALTER TABLE ONLY public.note
    ADD CONSTRAINT pk_note PRIMARY KEY (id);

ALTER TABLE ONLY public.obstacle
    ADD CONSTRAINT pk_obstacle PRIMARY KEY (channel, kind, name);

ALTER TABLE ONLY public.order_line
    ADD CONSTRAINT pk_order_line PRIMARY KEY (id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT pk_orders PRIMARY KEY (id);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT pk_payment PRIMARY KEY (id);

ALTER TABLE ONLY public.payment_method
    ADD CONSTRAINT pk_payment_method PRIMARY KEY (id);

ALTER TABLE ONLY public.picture_file
    ADD CONSTRAINT pk_picture_file PRIMARY KEY (digest, name);

ALTER TABLE ONLY public.picture_sender
    ADD CONSTRAINT pk_picture_sender PRIMARY KEY (address);

ALTER TABLE ONLY public.product
    ADD CONSTRAINT pk_product PRIMARY KEY (id);

ALTER TABLE ONLY public.product_picture
    ADD CONSTRAINT pk_product_picture PRIMARY KEY (id);

ALTER TABLE ONLY public.received_mail
    ADD CONSTRAINT pk_received_mail PRIMARY KEY (id);

ALTER TABLE ONLY public.received_webhook
    ADD CONSTRAINT pk_received_webhook PRIMARY KEY (id);

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT pk_refund PRIMARY KEY (id);

ALTER TABLE ONLY public.reserved_name
    ADD CONSTRAINT pk_reserved_name PRIMARY KEY (name);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT pk_review PRIMARY KEY (id);

ALTER TABLE ONLY public.segment
    ADD CONSTRAINT pk_segment PRIMARY KEY (id);

ALTER TABLE ONLY public.seller
    ADD CONSTRAINT pk_seller PRIMARY KEY (id);

ALTER TABLE ONLY public.shipping_method
    ADD CONSTRAINT pk_shipping_method PRIMARY KEY (id);

ALTER TABLE ONLY public.sign_in
    ADD CONSTRAINT pk_sign_in PRIMARY KEY (id);

ALTER TABLE ONLY public.signature
    ADD CONSTRAINT pk_signature PRIMARY KEY (staff_id);

ALTER TABLE ONLY public.sku
    ADD CONSTRAINT pk_sku PRIMARY KEY (id);

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT pk_staff PRIMARY KEY (id);

ALTER TABLE ONLY public.stock
    ADD CONSTRAINT pk_stock PRIMARY KEY (sku_id);

ALTER TABLE ONLY public.stock_hold
    ADD CONSTRAINT pk_stock_hold PRIMARY KEY (id);

ALTER TABLE ONLY public.store_edit
    ADD CONSTRAINT pk_store_edit PRIMARY KEY (id);

ALTER TABLE ONLY public.suppression
    ADD CONSTRAINT pk_suppression PRIMARY KEY (id);

ALTER TABLE ONLY public.tax_rate
    ADD CONSTRAINT pk_tax_rate PRIMARY KEY (country, category, valid_from);

ALTER TABLE ONLY public.team
    ADD CONSTRAINT pk_team PRIMARY KEY (id);

ALTER TABLE ONLY public.team_member
    ADD CONSTRAINT pk_team_member PRIMARY KEY (team_id, staff_id);

ALTER TABLE ONLY public.team_signature
    ADD CONSTRAINT pk_team_signature PRIMARY KEY (team_id);

ALTER TABLE ONLY public.ticket
    ADD CONSTRAINT pk_ticket PRIMARY KEY (id);

ALTER TABLE ONLY public.ticket_cycle
    ADD CONSTRAINT pk_ticket_cycle PRIMARY KEY (ticket_id, cycle);

ALTER TABLE ONLY public.ticket_event
    ADD CONSTRAINT pk_ticket_event PRIMARY KEY (id);

ALTER TABLE ONLY public.timeline_entry
    ADD CONSTRAINT pk_timeline_entry PRIMARY KEY (customer_id, id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT pk_visit PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT uq_api_token_token_hash UNIQUE (token_hash);

ALTER TABLE ONLY public.article_category
    ADD CONSTRAINT uq_article_category_slug UNIQUE (slug);

ALTER TABLE ONLY public.article
    ADD CONSTRAINT uq_article_slug UNIQUE (slug);

ALTER TABLE ONLY public.article_vote
    ADD CONSTRAINT uq_article_vote_article_id_voter UNIQUE (article_id, voter);

ALTER TABLE ONLY public.attributed_order
    ADD CONSTRAINT uq_attributed_order_customer_id_order_id UNIQUE (customer_id, order_id);

ALTER TABLE ONLY public.blob
    ADD CONSTRAINT uq_blob_name UNIQUE (name);

ALTER TABLE ONLY public.broadcast_recipient
    ADD CONSTRAINT uq_broadcast_recipient_broadcast_id_customer_id_channel UNIQUE (broadcast_id, customer_id, channel);

ALTER TABLE ONLY public.campaign_link
    ADD CONSTRAINT uq_campaign_link_broadcast_id_position UNIQUE (broadcast_id, "position");

ALTER TABLE ONLY public.category
    ADD CONSTRAINT uq_category_slug UNIQUE (slug);

ALTER TABLE ONLY public.endpoint_delivery
    ADD CONSTRAINT uq_endpoint_delivery_endpoint_id_entry_id UNIQUE (endpoint_id, entry_id);

ALTER TABLE ONLY public.identity
    ADD CONSTRAINT uq_identity_customer_id_kind_value UNIQUE (customer_id, kind, value);

ALTER TABLE ONLY public.invoice_line
    ADD CONSTRAINT uq_invoice_line_invoice_id_position UNIQUE (invoice_id, "position");

ALTER TABLE ONLY public.invoice
    ADD CONSTRAINT uq_invoice_series_number UNIQUE (series, number);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT uq_message_conversation_id_seq UNIQUE (conversation_id, seq);

ALTER TABLE ONLY public.money_task
    ADD CONSTRAINT uq_money_task_kind_source_key UNIQUE (kind, source_key);

ALTER TABLE ONLY public.note
    ADD CONSTRAINT uq_note_conversation_id_seq UNIQUE (conversation_id, seq);

ALTER TABLE ONLY public.order_line
    ADD CONSTRAINT uq_order_line_order_id_position UNIQUE (order_id, "position");

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT uq_orders_cart_id UNIQUE (cart_id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT uq_orders_number UNIQUE (number);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT uq_payment_idempotency_key UNIQUE (idempotency_key);

ALTER TABLE ONLY public.payment_method
    ADD CONSTRAINT uq_payment_method_code UNIQUE (code);

ALTER TABLE ONLY public.product_picture
    ADD CONSTRAINT uq_product_picture_product_id_file UNIQUE (product_id, file);

ALTER TABLE ONLY public.product
    ADD CONSTRAINT uq_product_slug UNIQUE (slug);

ALTER TABLE ONLY public.received_mail
    ADD CONSTRAINT uq_received_mail_digest_mailbox UNIQUE (digest, mailbox);

ALTER TABLE ONLY public.received_webhook
    ADD CONSTRAINT uq_received_webhook_provider_external_id UNIQUE (provider, external_id);

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT uq_refund_idempotency_key UNIQUE (idempotency_key);

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT uq_refund_provider_refund UNIQUE (provider_refund);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT uq_review_customer_id_product_id UNIQUE (customer_id, product_id);

ALTER TABLE ONLY public.segment
    ADD CONSTRAINT uq_segment_name UNIQUE (name);

ALTER TABLE ONLY public.shipping_method
    ADD CONSTRAINT uq_shipping_method_code UNIQUE (code);

ALTER TABLE ONLY public.sign_in
    ADD CONSTRAINT uq_sign_in_link_hash UNIQUE (link_hash);

ALTER TABLE ONLY public.sku
    ADD CONSTRAINT uq_sku_code UNIQUE (code);

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT uq_staff_email UNIQUE (email);

ALTER TABLE ONLY public.stock_hold
    ADD CONSTRAINT uq_stock_hold_order_id_sku_id UNIQUE (order_id, sku_id);

ALTER TABLE ONLY public.suppression
    ADD CONSTRAINT uq_suppression_channel_address_scope UNIQUE (channel, address, scope);

ALTER TABLE ONLY public.team
    ADD CONSTRAINT uq_team_name UNIQUE (name);

ALTER TABLE ONLY public.ticket
    ADD CONSTRAINT uq_ticket_conversation_id UNIQUE (conversation_id);

ALTER TABLE ONLY public.ticket_event
    ADD CONSTRAINT uq_ticket_event_conversation_id_seq UNIQUE (conversation_id, seq);

ALTER TABLE ONLY public.ticket
    ADD CONSTRAINT uq_ticket_number UNIQUE (number);

ALTER TABLE ONLY public.timeline_entry
    ADD CONSTRAINT uq_timeline_entry_customer_id_kind_source_key UNIQUE (customer_id, kind, source_key);

CREATE INDEX ix_address_customer_id ON public.address USING btree (customer_id);

CREATE INDEX ix_api_answer_created_at ON public.api_answer USING btree (created_at);

CREATE INDEX ix_article_category_id_position ON public.article USING btree (category_id, "position");

CREATE INDEX ix_article_words ON public.article USING gin (words);

CREATE INDEX ix_attachment_message_id ON public.attachment USING btree (message_id);

CREATE INDEX ix_attributed_order_broadcast_id ON public.attributed_order USING btree (broadcast_id);

CREATE INDEX ix_blob_here ON public.blob USING btree (created_at) WHERE (content IS NOT NULL);

CREATE INDEX ix_blob_pending ON public.blob USING btree (created_at) WHERE (scanned = ANY (ARRAY['unchecked'::text, 'pending'::text]));

CREATE INDEX ix_blob_withheld ON public.blob USING btree (scanned_at) WHERE (scanned = ANY (ARRAY['infected'::text, 'too large'::text]));

CREATE INDEX ix_broadcast_created_at_id ON public.broadcast USING btree (created_at, id);

CREATE INDEX ix_broadcast_recipient_broadcast_id_state_id ON public.broadcast_recipient USING btree (broadcast_id, state, id);

CREATE INDEX ix_broadcast_recipient_customer_id_human_click_at ON public.broadcast_recipient USING btree (customer_id, human_click_at) WHERE (human_click_at IS NOT NULL);

CREATE INDEX ix_campaign_click_link_id ON public.campaign_click USING btree (link_id);

CREATE INDEX ix_campaign_click_recipient_id_at ON public.campaign_click USING btree (recipient_id, at);

CREATE INDEX ix_cart_customer_id ON public.cart USING btree (customer_id) WHERE (customer_id IS NOT NULL);

CREATE INDEX ix_consent_record_customer_id_channel_topic_id ON public.consent_record USING btree (customer_id, channel, topic, id);

CREATE INDEX ix_conversation_customer_id_last_message_at ON public.conversation USING btree (customer_id, last_message_at);

CREATE INDEX ix_conversation_last_message_at_id ON public.conversation USING btree (last_message_at, id);

CREATE INDEX ix_customer_created_at ON public.customer USING btree (created_at, id);

CREATE INDEX ix_customer_merged_into_id ON public.customer USING btree (merged_into_id) WHERE (merged_into_id IS NOT NULL);

CREATE INDEX ix_customer_name_trgm ON public.customer USING gin (name public.gin_trgm_ops);

CREATE INDEX ix_customer_traits_last_order_at ON public.customer_traits USING btree (last_order_at);

CREATE INDEX ix_customer_traits_orders ON public.customer_traits USING btree (orders);

CREATE INDEX ix_customer_traits_spend ON public.customer_traits USING btree (spend);

CREATE INDEX ix_delivery_attempt_message_id ON public.delivery_attempt USING btree (message_id);

CREATE INDEX ix_endpoint_attempt_delivery_id_id ON public.endpoint_attempt USING btree (delivery_id, id);

CREATE INDEX ix_endpoint_delivery_created_at ON public.endpoint_delivery USING btree (created_at);

CREATE INDEX ix_endpoint_delivery_endpoint_id_created_at_id ON public.endpoint_delivery USING btree (endpoint_id, created_at, id);

CREATE INDEX ix_endpoint_delivery_open ON public.endpoint_delivery USING btree (endpoint_id, created_at) WHERE (state <> 'delivered'::text);

CREATE INDEX ix_former_price_sku_id_until ON public.former_price USING btree (sku_id, until);

CREATE INDEX ix_identity_kind_value ON public.identity USING btree (kind, value);

CREATE INDEX ix_identity_value_trgm ON public.identity USING gin (value public.gin_trgm_ops);

CREATE INDEX ix_invoice_customer_id_created_at ON public.invoice USING btree (customer_id, created_at);

CREATE INDEX ix_invoice_link_invoice_id ON public.invoice_link USING btree (invoice_id);

CREATE INDEX ix_invoice_order_id ON public.invoice USING btree (order_id);

CREATE INDEX ix_invoice_status_due_on ON public.invoice USING btree (status, due_on);

CREATE INDEX ix_job_dead ON public.job USING btree (dead_at) WHERE (dead_at IS NOT NULL);

CREATE INDEX ix_job_ready ON public.job USING btree (queue, GREATEST(due_at, leased_until)) WHERE (dead_at IS NULL);

CREATE INDEX ix_lead_created_at_id ON public.lead USING btree (created_at, id);

CREATE INDEX ix_lead_customer_id ON public.lead USING btree (customer_id);

CREATE INDEX ix_mailbox_team_id ON public.mailbox USING btree (team_id);

CREATE INDEX ix_message_customer_id_created_at ON public.message USING btree (customer_id, created_at);

CREATE INDEX ix_message_source ON public.message USING btree (source_kind, source_id) WHERE (source_id IS NOT NULL);

CREATE INDEX ix_message_words ON public.message USING gin (to_tsvector('simple'::regconfig, "left"(((subject || ' '::text) || text), 50000))) WHERE (conversation_id IS NOT NULL);

CREATE INDEX ix_money_task_created_at ON public.money_task USING btree (created_at) WHERE (done_at IS NULL);

CREATE INDEX ix_orders_customer_id_placed_at ON public.orders USING btree (customer_id, placed_at);

CREATE INDEX ix_orders_placed_at_id ON public.orders USING btree (placed_at, id);

CREATE INDEX ix_orders_status_placed_at ON public.orders USING btree (status, placed_at);

CREATE INDEX ix_payment_arrived ON public.payment USING btree (settled_at, id) WHERE (status = ANY (ARRAY['succeeded'::text, 'refunded'::text]));

CREATE INDEX ix_payment_customer_id ON public.payment USING btree (customer_id);

CREATE INDEX ix_payment_intent ON public.payment USING btree (provider_payment) WHERE (provider_payment IS NOT NULL);

CREATE INDEX ix_payment_invoice_id ON public.payment USING btree (invoice_id);

CREATE INDEX ix_payment_waiting ON public.payment USING btree (checked_at) WHERE (status = ANY (ARRAY['pending'::text, 'unknown'::text]));

CREATE INDEX ix_product_category_id_position ON public.product USING btree (category_id, "position");

CREATE INDEX ix_product_document_trgm ON public.product USING gin (document public.gin_trgm_ops);

CREATE INDEX ix_product_search ON public.product USING gin (search);

CREATE INDEX ix_received_mail_quarantined ON public.received_mail USING btree (received_at) WHERE ((quarantined IS NOT NULL) AND (processed_at IS NULL));

CREATE INDEX ix_refund_payment_id ON public.refund USING btree (payment_id);

CREATE INDEX ix_refund_waiting ON public.refund USING btree (checked_at) WHERE (status = 'pending'::text);

CREATE INDEX ix_review_created_at_id ON public.review USING btree (created_at, id);

CREATE INDEX ix_review_hidden ON public.review USING btree (created_at, id) WHERE (hidden_at IS NOT NULL);

CREATE INDEX ix_review_ratings ON public.review USING btree (product_id, rating) WHERE (hidden_at IS NULL);

CREATE INDEX ix_review_shown ON public.review USING btree (product_id, created_at) WHERE (hidden_at IS NULL);

CREATE INDEX ix_review_waiting ON public.review USING btree (created_at, id) WHERE (judged_at IS NULL);

CREATE INDEX ix_sign_in_expires_at ON public.sign_in USING btree (expires_at);

CREATE INDEX ix_sku_product_id_position ON public.sku USING btree (product_id, "position");

CREATE INDEX ix_stock_hold_expires_at ON public.stock_hold USING btree (expires_at) WHERE (status = 'held'::text);

CREATE INDEX ix_store_edit_noun_edited_at ON public.store_edit USING btree (noun, edited_at);

CREATE INDEX ix_team_member_staff_id ON public.team_member USING btree (staff_id);

CREATE INDEX ix_ticket_customer_id_created_at ON public.ticket USING btree (customer_id, created_at);

CREATE INDEX ix_ticket_cycle_solved_at ON public.ticket_cycle USING btree (solved_at) WHERE (solved_at IS NOT NULL);

CREATE INDEX ix_ticket_cycle_started_at ON public.ticket_cycle USING btree (started_at);

CREATE INDEX ix_ticket_subject_trgm ON public.ticket USING gin (subject public.gin_trgm_ops);

CREATE INDEX ix_ticket_team_id ON public.ticket USING btree (team_id) WHERE (team_id IS NOT NULL);

CREATE INDEX ix_ticket_undone ON public.ticket USING btree (assignee_id, waiting_since) WHERE (status = ANY (ARRAY['new'::text, 'open'::text, 'pending'::text, 'on_hold'::text]));

CREATE INDEX ix_timeline_entry_history ON public.timeline_entry USING btree (customer_id, occurred_at, id);

CREATE INDEX ix_timeline_entry_kind ON public.timeline_entry USING btree (kind, occurred_at) INCLUDE (customer_id);

CREATE INDEX ix_visit_customer_id ON public.visit USING btree (customer_id);

CREATE INDEX ix_visit_expires_at ON public.visit USING btree (expires_at);

CREATE INDEX ix_visit_staff_id ON public.visit USING btree (staff_id);

CREATE UNIQUE INDEX uq_broadcast_recipient_address ON public.broadcast_recipient USING btree (broadcast_id, channel, address) WHERE (address <> ''::text);

CREATE UNIQUE INDEX uq_identity_verified ON public.identity USING btree (kind, value) WHERE (verified_at IS NOT NULL);

CREATE UNIQUE INDEX uq_job_key ON public.job USING btree (key) WHERE (key IS NOT NULL);

CREATE UNIQUE INDEX uq_message_external ON public.message USING btree (channel, account, external_id) WHERE (external_id IS NOT NULL);

CREATE UNIQUE INDEX uq_payment_open ON public.payment USING btree (invoice_id) WHERE (status = ANY (ARRAY['pending'::text, 'unknown'::text]));

CREATE UNIQUE INDEX uq_payment_provider ON public.payment USING btree (provider_session) WHERE (provider_session IS NOT NULL);

CREATE UNIQUE INDEX uq_reserved_name_sha256 ON public.reserved_name USING btree (sha256) WHERE (NOT forsaken);

CREATE UNIQUE INDEX uq_sign_in_browser ON public.sign_in USING btree (browser_hash) WHERE (used_at IS NULL);

CREATE TRIGGER article_announced AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.article FOR EACH STATEMENT EXECUTE FUNCTION public.announce_change();

CREATE TRIGGER category_announced AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.category FOR EACH STATEMENT EXECUTE FUNCTION public.announce_change();

CREATE TRIGGER consent_record_append_only BEFORE DELETE OR UPDATE ON public.consent_record FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER former_price_announced AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.former_price FOR EACH STATEMENT EXECUTE FUNCTION public.announce_change();

CREATE TRIGGER former_slug_announced AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.former_slug FOR EACH STATEMENT EXECUTE FUNCTION public.announce_change();

CREATE TRIGGER product_announced AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.product FOR EACH STATEMENT EXECUTE FUNCTION public.announce_change();

CREATE TRIGGER product_picture_announced AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.product_picture FOR EACH STATEMENT EXECUTE FUNCTION public.announce_change();

CREATE TRIGGER review_announced AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.review FOR EACH STATEMENT EXECUTE FUNCTION public.announce_change();

CREATE TRIGGER shipping_method_announced AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.shipping_method FOR EACH STATEMENT EXECUTE FUNCTION public.announce_change();

CREATE TRIGGER sku_announced AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.sku FOR EACH STATEMENT EXECUTE FUNCTION public.announce_change();

CREATE TRIGGER stock_announced AFTER INSERT OR DELETE OR TRUNCATE ON public.stock FOR EACH STATEMENT EXECUTE FUNCTION public.announce_change();

CREATE TRIGGER stock_changed_announced AFTER UPDATE ON public.stock FOR EACH ROW WHEN ((LEAST((old.on_hand - old.reserved), 6) <> LEAST((new.on_hand - new.reserved), 6))) EXECUTE FUNCTION public.announce_change();

CREATE TRIGGER timeline_entry_append_only BEFORE DELETE OR UPDATE ON public.timeline_entry FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

ALTER TABLE ONLY public.address
    ADD CONSTRAINT fk_address_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.api_answer
    ADD CONSTRAINT fk_api_answer_token_id FOREIGN KEY (token_id) REFERENCES public.api_token(id);

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT fk_api_token_created_by FOREIGN KEY (created_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.article
    ADD CONSTRAINT fk_article_category_id FOREIGN KEY (category_id) REFERENCES public.article_category(id);

ALTER TABLE ONLY public.article_views
    ADD CONSTRAINT fk_article_views_article_id FOREIGN KEY (article_id) REFERENCES public.article(id);

ALTER TABLE ONLY public.article_vote
    ADD CONSTRAINT fk_article_vote_article_id FOREIGN KEY (article_id) REFERENCES public.article(id);

ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT fk_attachment_message_id FOREIGN KEY (message_id) REFERENCES public.message(id);

ALTER TABLE ONLY public.attachment
    ADD CONSTRAINT fk_attachment_sha256 FOREIGN KEY (sha256) REFERENCES public.blob(sha256);

ALTER TABLE ONLY public.attributed_order
    ADD CONSTRAINT fk_attributed_order_broadcast_id FOREIGN KEY (broadcast_id) REFERENCES public.broadcast(id);

ALTER TABLE ONLY public.attributed_order
    ADD CONSTRAINT fk_attributed_order_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.attributed_order
    ADD CONSTRAINT fk_attributed_order_recipient_id FOREIGN KEY (recipient_id) REFERENCES public.broadcast_recipient(id);

ALTER TABLE ONLY public.broadcast
    ADD CONSTRAINT fk_broadcast_created_by FOREIGN KEY (created_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.broadcast
    ADD CONSTRAINT fk_broadcast_launched_by FOREIGN KEY (launched_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.broadcast_recipient
    ADD CONSTRAINT fk_broadcast_recipient_broadcast_id FOREIGN KEY (broadcast_id) REFERENCES public.broadcast(id);

ALTER TABLE ONLY public.broadcast_recipient
    ADD CONSTRAINT fk_broadcast_recipient_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.broadcast_recipient
    ADD CONSTRAINT fk_broadcast_recipient_message_id FOREIGN KEY (message_id) REFERENCES public.message(id);

ALTER TABLE ONLY public.broadcast
    ADD CONSTRAINT fk_broadcast_segment_id FOREIGN KEY (segment_id) REFERENCES public.segment(id);

ALTER TABLE ONLY public.campaign_click
    ADD CONSTRAINT fk_campaign_click_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.campaign_click
    ADD CONSTRAINT fk_campaign_click_link_id FOREIGN KEY (link_id) REFERENCES public.campaign_link(id);

ALTER TABLE ONLY public.campaign_click
    ADD CONSTRAINT fk_campaign_click_recipient_id FOREIGN KEY (recipient_id) REFERENCES public.broadcast_recipient(id);

ALTER TABLE ONLY public.campaign_link
    ADD CONSTRAINT fk_campaign_link_broadcast_id FOREIGN KEY (broadcast_id) REFERENCES public.broadcast(id);

ALTER TABLE ONLY public.cart
    ADD CONSTRAINT fk_cart_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.cart_line
    ADD CONSTRAINT fk_cart_line_cart_id FOREIGN KEY (cart_id) REFERENCES public.cart(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.cart_line
    ADD CONSTRAINT fk_cart_line_sku_id FOREIGN KEY (sku_id) REFERENCES public.sku(id);

ALTER TABLE ONLY public.category
    ADD CONSTRAINT fk_category_moved_to_id FOREIGN KEY (moved_to_id) REFERENCES public.category(id);

ALTER TABLE ONLY public.category
    ADD CONSTRAINT fk_category_parent_id FOREIGN KEY (parent_id) REFERENCES public.category(id);

ALTER TABLE ONLY public.consent_record
    ADD CONSTRAINT fk_consent_record_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.conversation
    ADD CONSTRAINT fk_conversation_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.customer
    ADD CONSTRAINT fk_customer_merged_into_id FOREIGN KEY (merged_into_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.customer_traits
    ADD CONSTRAINT fk_customer_traits_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.delivery_attempt
    ADD CONSTRAINT fk_delivery_attempt_message_id FOREIGN KEY (message_id) REFERENCES public.message(id);

ALTER TABLE ONLY public.draft
    ADD CONSTRAINT fk_draft_conversation_id FOREIGN KEY (conversation_id) REFERENCES public.conversation(id);

ALTER TABLE ONLY public.draft
    ADD CONSTRAINT fk_draft_staff_id FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.endpoint_attempt
    ADD CONSTRAINT fk_endpoint_attempt_delivery_id FOREIGN KEY (delivery_id) REFERENCES public.endpoint_delivery(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.endpoint
    ADD CONSTRAINT fk_endpoint_created_by FOREIGN KEY (created_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.endpoint_delivery
    ADD CONSTRAINT fk_endpoint_delivery_customer_id_entry_id FOREIGN KEY (customer_id, entry_id) REFERENCES public.timeline_entry(customer_id, id);

ALTER TABLE ONLY public.endpoint_delivery
    ADD CONSTRAINT fk_endpoint_delivery_endpoint_id FOREIGN KEY (endpoint_id) REFERENCES public.endpoint(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.former_price
    ADD CONSTRAINT fk_former_price_sku_id FOREIGN KEY (sku_id) REFERENCES public.sku(id);

ALTER TABLE ONLY public.former_slug
    ADD CONSTRAINT fk_former_slug_category_id FOREIGN KEY (category_id) REFERENCES public.category(id);

ALTER TABLE ONLY public.identity
    ADD CONSTRAINT fk_identity_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.invoice
    ADD CONSTRAINT fk_invoice_credits_id FOREIGN KEY (credits_id) REFERENCES public.invoice(id);

ALTER TABLE ONLY public.invoice
    ADD CONSTRAINT fk_invoice_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.invoice_line
    ADD CONSTRAINT fk_invoice_line_invoice_id FOREIGN KEY (invoice_id) REFERENCES public.invoice(id);

ALTER TABLE ONLY public.invoice_link
    ADD CONSTRAINT fk_invoice_link_invoice_id FOREIGN KEY (invoice_id) REFERENCES public.invoice(id);

ALTER TABLE ONLY public.invoice
    ADD CONSTRAINT fk_invoice_order_id FOREIGN KEY (order_id) REFERENCES public.orders(id);

ALTER TABLE ONLY public.lead
    ADD CONSTRAINT fk_lead_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.mailbox
    ADD CONSTRAINT fk_mailbox_team_id FOREIGN KEY (team_id) REFERENCES public.team(id);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT fk_message_conversation_id FOREIGN KEY (conversation_id) REFERENCES public.conversation(id);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT fk_message_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT fk_message_in_reply_to_id FOREIGN KEY (in_reply_to_id) REFERENCES public.message(id);

ALTER TABLE ONLY public.message_reference
    ADD CONSTRAINT fk_message_reference_conversation_id FOREIGN KEY (conversation_id) REFERENCES public.conversation(id);

ALTER TABLE ONLY public.message_reference
    ADD CONSTRAINT fk_message_reference_message_id FOREIGN KEY (message_id) REFERENCES public.message(id);

ALTER TABLE ONLY public.message
    ADD CONSTRAINT fk_message_staff_id FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.missed_copy
    ADD CONSTRAINT fk_missed_copy_message_id FOREIGN KEY (message_id) REFERENCES public.message(id);

ALTER TABLE ONLY public.money_task
    ADD CONSTRAINT fk_money_task_done_by FOREIGN KEY (done_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.money_task
    ADD CONSTRAINT fk_money_task_order_id FOREIGN KEY (order_id) REFERENCES public.orders(id);

ALTER TABLE ONLY public.money_task
    ADD CONSTRAINT fk_money_task_payment_id FOREIGN KEY (payment_id) REFERENCES public.payment(id);

ALTER TABLE ONLY public.note
    ADD CONSTRAINT fk_note_conversation_id FOREIGN KEY (conversation_id) REFERENCES public.conversation(id);

ALTER TABLE ONLY public.note
    ADD CONSTRAINT fk_note_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.note
    ADD CONSTRAINT fk_note_staff_id FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.order_line
    ADD CONSTRAINT fk_order_line_order_id FOREIGN KEY (order_id) REFERENCES public.orders(id);

ALTER TABLE ONLY public.order_line
    ADD CONSTRAINT fk_order_line_sku_id FOREIGN KEY (sku_id) REFERENCES public.sku(id);

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT fk_orders_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT fk_payment_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT fk_payment_invoice_id FOREIGN KEY (invoice_id) REFERENCES public.invoice(id);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT fk_payment_order_id FOREIGN KEY (order_id) REFERENCES public.orders(id);

ALTER TABLE ONLY public.picture_file
    ADD CONSTRAINT fk_picture_file_sha256 FOREIGN KEY (sha256) REFERENCES public.blob(sha256);

ALTER TABLE ONLY public.picture_sender
    ADD CONSTRAINT fk_picture_sender_staff_id FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.product
    ADD CONSTRAINT fk_product_category_id FOREIGN KEY (category_id) REFERENCES public.category(id);

ALTER TABLE ONLY public.product_picture
    ADD CONSTRAINT fk_product_picture_product_id FOREIGN KEY (product_id) REFERENCES public.product(id);

ALTER TABLE ONLY public.received_mail
    ADD CONSTRAINT fk_received_mail_message_id FOREIGN KEY (message_id) REFERENCES public.message(id);

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT fk_refund_credit_note_id FOREIGN KEY (credit_note_id) REFERENCES public.invoice(id);

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT fk_refund_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.refund
    ADD CONSTRAINT fk_refund_payment_id FOREIGN KEY (payment_id) REFERENCES public.payment(id);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT fk_review_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT fk_review_judged_by FOREIGN KEY (judged_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT fk_review_order_id FOREIGN KEY (order_id) REFERENCES public.orders(id);

ALTER TABLE ONLY public.review
    ADD CONSTRAINT fk_review_product_id FOREIGN KEY (product_id) REFERENCES public.product(id);

ALTER TABLE ONLY public.segment
    ADD CONSTRAINT fk_segment_created_by FOREIGN KEY (created_by) REFERENCES public.staff(id);

ALTER TABLE ONLY public.signature
    ADD CONSTRAINT fk_signature_staff_id FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.sku
    ADD CONSTRAINT fk_sku_product_id FOREIGN KEY (product_id) REFERENCES public.product(id);

ALTER TABLE ONLY public.stock_hold
    ADD CONSTRAINT fk_stock_hold_order_id FOREIGN KEY (order_id) REFERENCES public.orders(id);

ALTER TABLE ONLY public.stock_hold
    ADD CONSTRAINT fk_stock_hold_sku_id FOREIGN KEY (sku_id) REFERENCES public.sku(id);

ALTER TABLE ONLY public.stock
    ADD CONSTRAINT fk_stock_sku_id FOREIGN KEY (sku_id) REFERENCES public.sku(id);

ALTER TABLE ONLY public.store_edit
    ADD CONSTRAINT fk_store_edit_staff_id FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.team_member
    ADD CONSTRAINT fk_team_member_staff_id FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.team_member
    ADD CONSTRAINT fk_team_member_team_id FOREIGN KEY (team_id) REFERENCES public.team(id);

ALTER TABLE ONLY public.team_signature
    ADD CONSTRAINT fk_team_signature_team_id FOREIGN KEY (team_id) REFERENCES public.team(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ticket
    ADD CONSTRAINT fk_ticket_assignee_id FOREIGN KEY (assignee_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.ticket
    ADD CONSTRAINT fk_ticket_conversation_id FOREIGN KEY (conversation_id) REFERENCES public.conversation(id);

ALTER TABLE ONLY public.ticket
    ADD CONSTRAINT fk_ticket_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.ticket_cycle
    ADD CONSTRAINT fk_ticket_cycle_ticket_id FOREIGN KEY (ticket_id) REFERENCES public.ticket(id);

ALTER TABLE ONLY public.ticket_event
    ADD CONSTRAINT fk_ticket_event_conversation_id FOREIGN KEY (conversation_id) REFERENCES public.conversation(id);

ALTER TABLE ONLY public.ticket_event
    ADD CONSTRAINT fk_ticket_event_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.ticket_event
    ADD CONSTRAINT fk_ticket_event_staff_id FOREIGN KEY (staff_id) REFERENCES public.staff(id);

ALTER TABLE ONLY public.ticket
    ADD CONSTRAINT fk_ticket_team_id FOREIGN KEY (team_id) REFERENCES public.team(id);

ALTER TABLE ONLY public.timeline_entry
    ADD CONSTRAINT fk_timeline_entry_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT fk_visit_customer_id FOREIGN KEY (customer_id) REFERENCES public.customer(id);

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT fk_visit_staff_id FOREIGN KEY (staff_id) REFERENCES public.staff(id);
